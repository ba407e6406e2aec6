/** Where the DynamoDB engine's program lies: one optional package for each platform, none of them a hard dependency. */
import { chmodSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export class NoEngine extends Error {
  override name = 'NoEngine';
}

/** Path of the engine for this platform. Throws `NoEngine`, which says what to do, when there is none. */
export function engineBinary(platform: string = process.platform, arch: string = process.arch): string {
  const packageName = `@dynoxide/${platform}-${arch}`;
  let manifest: string;
  try {
    manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  } catch (cause) {
    throw new NoEngine(
      `local mode needs a DynamoDB engine, and ${packageName} is not installed: run \`npm install --no-save ${packageName}\` ` +
        'if that package exists for your platform, or start AWS’s DynamoDB Local and set DYNAMODB_ENDPOINT to its ' +
        'address, for example DYNAMODB_ENDPOINT=http://127.0.0.1:8000',
      { cause },
    );
  }
  const program = join(dirname(manifest), platform === 'win32' ? 'dynoxide.exe' : 'dynoxide');
  // Some installers unpack without the executable bit.
  if ((statSync(program).mode & 0o111) === 0) chmodSync(program, 0o755);
  return program;
}
