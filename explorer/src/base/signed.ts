/** A number's digits as they stand in text: with a true minus sign, and none before what has been rounded to zero. */
export const signed = (digits: string): string => digits.replace(/^-(?=[0.,]*$)/, "").replaceAll("-", "−");
