// Dart programs of the repository.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

import { Child } from './child.mjs';

const { DART, DART_PACKAGES } = process.env;
const PACKAGES = `--packages=${DART_PACKAGES}`;
const SERVICE = ['--no-dds', '--enable-vm-service=0'];

/** file → a promise of its kernel. Compiling takes longer than most tests. */
const kernels = new Map();
let folder = null;
process.once('exit', () => folder && rmSync(folder, { recursive: true }));

function compile(file) {
  if (!kernels.has(file)) {
    folder ??= mkdtempSync(join(tmpdir(), 'inspector-'));
    const kernel = join(folder, `${basename(file)}.dill`);
    const compiled = promisify(execFile)(DART, [PACKAGES, '--snapshot-kind=kernel', `--snapshot=${kernel}`, file]);
    kernels.set(file, compiled.then(() => kernel));
  }
  return kernels.get(file);
}

/** Starts the Dart program `file`, with the VM service if `hasService`. */
export async function startDart(context, file, parameters = [], { hasService = false } = {}) {
  const kernel = await compile(file);
  return new Child(context, DART, ['--disable-dart-dev', ...(hasService ? SERVICE : []), PACKAGES, kernel, ...parameters]);
}

/** The address of the VM service of a program. */
export const serviceOf = (program) => program.after('The Dart VM service is listening on ');
