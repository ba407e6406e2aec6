/** A configuration that uses all there is: what is synthesised, checked and recorded with it is the whole product. */
import { exampleConfig, replacing } from '../life/harness.ts';
import { withSlack } from '../slack/harness.ts';

export const OTHER_ACCOUNT = '222222222222';
export const DIRECTORY_ACCOUNT = '999999999999';
export const STORE = 'd-1234567890';
const READER = `arn:aws:iam::${DIRECTORY_ACCOUNT}:role/DirectoryReader`;
const secret = (name: string): string => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:hallpass/${name}-AbCdEf`;

/** What local mode seeds the ticket systems' secret with. */
export const TICKET_KEY = 'hallpass/tickets';

/** Where the servers are that others run: by default as a deployment would name them. */
export type Servers = { readonly issuer: string; readonly others: string };
const DEPLOYED: Servers = { issuer: 'https://login.example.com', others: 'https://tools.example.com' };

/**
 * The example, with groups, a pattern of namespaces, a cluster in another account with a standing role there, break-glass,
 * Slack, a webhook, an OpenID issuer, Identity Center through a role elsewhere, somebody who knows who is on call, and two
 * ticket systems.
 */
const everythingIn = ({ issuer, others }: Servers) => [
  withSlack,
  replacing(
    [
      '  openGrantsPerPerson: 5\n  requestsPerPersonAndHour: 10',
      '  openGrantsPerPerson: 50\n  requestsPerPersonAndHour: 100',
    ],
    [
      '\nidentities:\n',
      `
  other:
    arn: arn:aws:eks:eu-west-1:${OTHER_ACCOUNT}:cluster/other
    executor: arn:aws:iam::${OTHER_ACCOUNT}:role/hallpass-executor

onCall:
  desk: { url: "${others}/on-call", secret: "${secret('on-call')}" }

ticketSystems:
  jira: { url: "${others}/tickets", secret: "${secret('tickets')}" }
  desk: { events: true, secret: "${secret('tickets')}" }

identities:
  oidc: { issuer: "${issuer}", audience: [hallpass] }
  directory:
    identityCenter:
      identityStoreId: ${STORE}
      region: eu-central-1
      role: ${READER}
      groups: { oncall: On-call engineers }
`,
    ],
    ['email: bob@example.com }', 'email: bob@example.com, oidc: [{ subject: sub-bob }] }'],
    [
      'notifications:\n',
      `notifications:\n  webhooks:\n    - { name: pager, url: "${others}/webhook", secret: "${secret('pager')}" }\n`,
    ],
    [
      '    # `hallpass extend`: approved like',
      '    breakGlass: { eligible: [group:platform] }\n    # `hallpass extend`: approved like',
    ],
    [
      'auditors: []',
      'auditors: [group:oncall]\nreviewers: [group:platform]\nemergency: { assumableBy: ["arn:aws:iam::111122223333:user/operator"] }',
    ],
    [
      '\n  # hallpass request mycluster-view-dev',
      `
  debuggers:
    description: A group of Kubernetes
    clusters: [mycluster]
    access: { groups: [debuggers] }
    eligible: [alice]
    maxDuration: 4h
    approval: { autoApprove: true }
    extension: { maxTotal: 8h, autoApprove: true }
    ticket: { required: false, hook: jira }
    conditions: [{ onCall: desk }]

  team:
    description: A team's namespaces
    clusters: [mycluster, other]
    access: { policy: AmazonEKSEditPolicy, scope: namespace, namespaces: [team-*] }
    eligible: [alice]
    maxDuration: 4h
    approval: { autoApprove: true }
    ticket: { required: false, hook: desk }

  other-admin:
    description: Everything on the other cluster
    clusters: [other]
    access: { policy: AmazonEKSClusterAdminPolicy, scope: cluster }
    principal:
      mode: role
      role: arn:aws:iam::${OTHER_ACCOUNT}:role/OtherAdmin
      assumableBy:
        - arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Hallpass_0123456789abcdef
    eligible: [alice]
    maxDuration: 4h
    approval: { autoApprove: true }

  # hallpass request mycluster-view-dev`,
    ],
  ),
];

/** `edit`: of the text, last. */
export const everything = (servers: Servers = DEPLOYED, edit: (text: string) => string = (text) => text) =>
  exampleConfig((text) => edit(everythingIn(servers).reduce((edited, next) => next(edited), text)));
