/** The bytes of a base64 text; undefined unless it is exactly the text that its bytes give. */
export function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
