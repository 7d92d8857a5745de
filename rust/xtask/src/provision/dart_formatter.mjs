// Formats Dart files. Arguments: the formatter's module, the language version, `check` or `write`.
// The files' names arrive on standard input, one a line. `check` prints those that would change.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [module, version, mode] = process.argv.slice(1);
const { format } = await import(pathToFileURL(module));

for (const file of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const source = readFileSync(file, "utf8");
  let formatted;
  try {
    formatted = format(source, file, { language_version: version });
  } catch (error) {
    console.error(`${file}: ${error.message}`);
    process.exitCode = 1;
    continue;
  }
  if (formatted === source) continue;
  if (mode === "write") {
    writeFileSync(file, formatted);
  } else {
    console.error(`${file}: not formatted`);
    process.exitCode = 1;
  }
}
