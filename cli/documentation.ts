/** docs/cli.md, from what the command says of itself. Not part of the command. */
import { EXIT_CODES } from './exit-codes.ts';
import { systemIo } from './io.ts';
import { main } from './main.ts';
import { makeProgram } from './program.ts';

/** Text of the page; every help text is the one that people get. */
export async function cliDocumentation(): Promise<string> {
  const help = async (...argv: string[]): Promise<string> => {
    let out = '';
    const io = {
      ...systemIo(new AbortController().signal),
      env: {},
      calledAs: 'hallpass',
      stdout: { write: (text: string) => (out += text) },
    };
    await main([...argv, '--help'], io);
    return out.trimEnd();
  };
  const program = makeProgram({ ...systemIo(new AbortController().signal), env: {}, calledAs: 'hallpass' });
  const sections = await Promise.all(
    program.commands.map(
      async (command) => `## hallpass ${command.name()}\n\n\`\`\`\n${await help(command.name())}\n\`\`\``,
    ),
  );
  const codes = Object.values(EXIT_CODES).map(({ code, means }) => `| ${code} | ${means} |`);
  return `# The command line

\`hallpass\` is a thin client of the [HTTP API](openapi.json): no rule lives in it. Installed as \`kubectl-hallpass\` as well, it is
\`kubectl hallpass\`. This page is made of its own help texts (\`npm run generate\`).

\`\`\`
${await help()}
\`\`\`

## Exit codes

| code | means |
|---|---|
${codes.join('\n')}

${sections.join('\n\n')}
`;
}
