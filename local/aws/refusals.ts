/** Why a signature was refused, in the words of the service that it was made for. */
import { AwsError } from '../aws-service.ts';
import type { Refusal } from './sigv4.ts';
import type { CommonErrors, CommonProblem } from './wire/protocol.ts';

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

export function authenticationError(refusal: Refusal, errors: CommonErrors): AwsError {
  const error = (problem: CommonProblem, message: string): AwsError => new AwsError(...errors[problem], message);
  switch (refusal.reason) {
    case 'missingAuthentication':
      return error('missingAuthentication', 'Request is missing Authentication Token');
    case 'incompleteSignature':
      return error('incompleteSignature', refusal.detail);
    case 'unknownKey':
      return error('unknownKey', 'The security token included in the request is invalid.');
    case 'invalidToken':
      return error('invalidToken', 'The security token included in the request is invalid.');
    case 'signatureMismatch':
      return error('signature', MISMATCH);
    case 'unsignedHeader':
      return error('signature', `'${refusal.header}' must be a signed header in the AWS Authorization.`);
    case 'wrongScope':
    case 'notCurrent':
      return error('signature', refusal.detail);
    case 'sessionExpired':
      return error('expired', 'The security token included in the request is expired');
  }
}
