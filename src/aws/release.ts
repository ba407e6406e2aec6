/** Which release of the code this is. */
import about from '../../package.json' with { type: 'json' };

export const RELEASE: string = about.version;
