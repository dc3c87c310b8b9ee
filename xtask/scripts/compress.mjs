// Writes FILE.br beside each FILE, at brotli's highest quality: it is done once and read by every visitor.
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

for (const file of process.argv.slice(2)) {
  const plain = readFileSync(file);
  const packed = brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
    },
  });
  writeFileSync(`${file}.br`, packed);
  console.log(`    ${file.split("/").pop()}: ${kilobytes(plain)} KB, ${kilobytes(packed)} KB compressed`);
}

function kilobytes(bytes) {
  return (bytes.length / 1000).toFixed(1);
}
