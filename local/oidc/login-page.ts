/** The page on which one picks who one is. Names are what somebody wrote into a configuration: they are escaped. */
export type Account = { readonly subject: string; readonly name: string; readonly email: string };

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

export const loginPage = (action: string, client: string, accounts: readonly Account[]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in to local Hallpass</title>
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:30em;margin:4em auto;padding:0 1em}
button{display:block;width:100%;text-align:left;font:inherit;padding:.6em 1em;margin:.4em 0;cursor:pointer}</style></head>
<body><h1>Who are you?</h1><p>${escaped(client)} asks. This is local mode: nobody is asked for a password.</p>
<form method="post" action="${escaped(action)}">${accounts
  .map(
    ({ subject, name, email }) =>
      `<button name="subject" value="${escaped(subject)}">${escaped(name)} &lt;${escaped(email)}&gt;</button>`,
  )
  .join('')}</form></body></html>
`;
