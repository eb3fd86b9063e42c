/** Which language a criteria string is in, and how much of it is taken. */

/**
 * `criteria` is the language of the documents (EVC-150 to EVC-164). `extended`, never used unless asked for by name,
 * adds `<`, `<=`, `>`, `>=`, decimals and LIKE; what is valid in `criteria` is valid there and means the same.
 */
export type Language = 'criteria' | 'extended';

/** UTF-16 code units of a criteria string. */
export const MAX_CRITERIA_LENGTH = 16_384;

/** Parentheses and NOTs around a comparison. */
export const MAX_DEPTH = 64;
