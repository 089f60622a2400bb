/** Letters that Unicode does not decompose, and signs that are read as words. */
const spelled: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  đ: "d",
  ð: "d",
  ł: "l",
  þ: "th",
  ı: "i",
  "&": " and ",
  "@": " at ",
  "%": " percent ",
};

/** Lower-case ASCII text that reads like the original: accents dropped, special letters spelled out. */
export function transliterate(text: string): string {
  const plain = text.normalize("NFKD").replace(/\p{Mark}/gu, "");
  return [...plain.toLowerCase()].map((sign) => spelled[sign] ?? sign).join("");
}
