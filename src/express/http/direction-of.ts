/** The scripts that are written from right to left (Unicode, property Bidi_Class R or AL of their letters), of languages that are alive. */
const FROM_RIGHT = /^(?:Adlm|Arab|Aran|Hebr|Mand|Nkoo|Rohg|Samr|Syrc|Thaa|Yezi)$/;

/** Which way a language is written. `maximize` adds the script that a tag leaves out. */
export function directionOf(locale: string): "ltr" | "rtl" {
  return FROM_RIGHT.test(new Intl.Locale(locale).maximize().script ?? "") ? "rtl" : "ltr";
}
