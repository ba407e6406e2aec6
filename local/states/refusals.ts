/** The refusals of the Step Functions API, in its words. All of its own are HTTP 400. */
import { AwsError } from '../aws-service.ts';

const refusal =
  (code: string, says: string) =>
  (detail: string): AwsError =>
    new AwsError(code, 400, `${says}: '${detail}'`);

export const invalidArn = refusal('InvalidArn', 'Invalid Arn');
export const invalidName = refusal('InvalidName', 'Invalid Name');
export const invalidOutput = refusal('InvalidOutput', 'Invalid Output');
export const invalidExecutionInput = refusal('InvalidExecutionInput', 'Invalid State Machine Execution Input');
export const stateMachineDoesNotExist = refusal('StateMachineDoesNotExist', 'State Machine Does Not Exist');
export const stateMachineAlreadyExists = refusal('StateMachineAlreadyExists', 'State Machine Already Exists');
export const executionDoesNotExist = refusal('ExecutionDoesNotExist', 'Execution Does Not Exist');
export const executionAlreadyExists = refusal('ExecutionAlreadyExists', 'Execution Already Exists');
export const invalidToken = (): AwsError => refusal('InvalidToken', 'Invalid Token')('Invalid token');

/** The task of this token is over, or another attempt with another token has taken its place. */
export const taskTimedOut = (): AwsError =>
  refusal('TaskTimedOut', 'Task Timed Out')('Provided task does not exist anymore');
/** The execution that the token names is not known (any more). */
export const taskDoesNotExist = (): AwsError => refusal('TaskDoesNotExist', 'Task Does Not Exist')('Provided task');

export const validationFailed = (problem: string): AwsError =>
  new AwsError('ValidationException', 400, `1 validation error detected: ${problem}`);

/** What local mode leaves out is said, never passed over. */
export const notImplemented = (what: string): AwsError =>
  new AwsError('NotImplemented', 501, `local mode does not implement ${what} of Step Functions`);

/** Whether it was done is not known: as with a connection that is cut. */
export const shuttingDown = (): AwsError => new AwsError('ServiceUnavailable', 503, 'local mode is shutting down');
