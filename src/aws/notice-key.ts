/** Where the records of a grant's messages begin in the table: a policy goes by it, so no SDK is imported here. */
export const NOTICE_PREFIX = 'notice#';
