/** Reads members of an operation's input, refusing in the service's own error what is missing or of another type. */
import type { Input } from '../aws-service.ts';

export type InputReader = {
  /** Required text; an empty one is refused as missing. */
  text(input: Input, name: string): string;
  optionalText(input: Input, name: string): string | undefined;
  /** A whole number; awsQuery and query strings carry it as text. */
  optionalNumber(input: Input, name: string): number | undefined;
  /** A list of texts. */
  optionalTexts(input: Input, name: string): readonly string[] | undefined;
};

/** `refuse` makes the service's error for one bad member: `problem` reads on from the member's name. */
export function inputReader(refuse: (name: string, problem: string) => Error): InputReader {
  const optionalText = (input: Input, name: string): string | undefined => {
    const value = input[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw refuse(name, 'must be a string');
    return value;
  };
  return {
    optionalText,
    text(input, name) {
      const value = optionalText(input, name);
      if (value === undefined || value === '') throw refuse(name, 'must not be null');
      return value;
    },
    optionalNumber(input, name) {
      const value = input[name];
      if (value === undefined || value === null) return undefined;
      const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isInteger(number)) throw refuse(name, 'must be a whole number');
      return number;
    },
    optionalTexts(input, name) {
      const value = input[name];
      if (value === undefined || value === null) return undefined;
      // An empty list has no other form in awsQuery than an empty text.
      if (value === '') return [];
      if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
        throw refuse(name, 'must be a list of strings');
      }
      return value;
    },
  };
}
