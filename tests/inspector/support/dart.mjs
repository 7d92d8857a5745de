// Dart programs of the repository.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

import { Child } from './child.mjs';

const { DART, DART_PACKAGES, KERNELS } = process.env;
const PACKAGES = `--packages=${DART_PACKAGES}`;
const SERVICE = ['--no-dds', '--enable-vm-service=0'];

/** file → a promise of its kernel. Compiling takes longer than most tests, so that all test files share the kernels. */
const kernels = new Map();

async function compile(file) {
  const kernel = join(KERNELS, `${basename(file)}.dill`);
  if (!existsSync(kernel)) {
    await promisify(execFile)(DART, [PACKAGES, '--snapshot-kind=kernel', `--snapshot=${kernel}.part`, file]);
    await rename(`${kernel}.part`, kernel);
  }
  return kernel;
}

/** Starts the Dart program `file`, with the VM service if `hasService`. */
export async function startDart(context, file, parameters = [], { hasService = false } = {}) {
  if (!kernels.has(file)) kernels.set(file, compile(file));
  const kernel = await kernels.get(file);
  return new Child(context, DART, ['--disable-dart-dev', ...(hasService ? SERVICE : []), PACKAGES, kernel, ...parameters]);
}

/** The address of the VM service of a program. */
export const serviceOf = (program) => program.after('The Dart VM service is listening on ');
