/** What is wrong with a configuration, first by its path in the data and then by its place in the text. */

/** From the root: keys of mappings and indexes of lists. */
export type Path = readonly (string | number)[];

export type Finding = {
  readonly path: Path;
  /** Points at the key rather than at what it holds. */
  readonly atKey?: true;
  readonly message: string;
};

export type Report = (path: Path, message: string) => void;

/** `entitlements.admin.approval.steps[0]`: as people write it. */
export const pathText = (path: Path): string =>
  path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
