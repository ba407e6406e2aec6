/** The app as it is installed in the workspace: what its manifest and its installation page would say. */
export type SlackApp = {
  readonly id: string;
  readonly name: string;
  readonly botId: string;
  readonly botToken: string;
  readonly signingSecret: string;
  /** The bot token's scopes. */
  readonly scopes: readonly string[];
  readonly commands: readonly { readonly command: string; readonly description: string; readonly hint?: string }[];
  readonly shortcuts: readonly {
    readonly type: 'global' | 'message';
    readonly callbackId: string;
    readonly name: string;
  }[];
  /** Event types that it subscribes to. */
  readonly events: readonly string[];
};

/** Where Slack sends what: in the app's settings these are three addresses, often the same. */
export type RequestUrls = { readonly commands: string; readonly interactions: string; readonly events: string };
