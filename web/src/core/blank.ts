// As the server does (domain/blank.go). What this browser does not know of yet, an emoji of next year, is seen.
const invisible = /^[\p{White_Space}\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}\u2800]*$/u;

/** Whether people see nothing of a text: white space, and what has a code but no shape. */
export const isBlank = (text: string): boolean => invisible.test(text);
