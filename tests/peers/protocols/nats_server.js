// Debian's nats-server, whose program NATS_SERVER names, with a WebSocket port.
//
// Usage: node nats_server.js
// The system chooses the ports. It ends when its input does.
'use strict';

const {spawn} = require('node:child_process');
const {mkdtempSync, rmSync, writeFileSync} = require('node:fs');
const {tmpdir} = require('node:os');
const {join} = require('node:path');
const {createInterface} = require('node:readline');
const {announce} = require('../conversation');

const folder = mkdtempSync(join(tmpdir(), 'nats-'));
const configuration = join(folder, 'nats.conf');
writeFileSync(configuration, `
  host: 127.0.0.1
  port: -1
  websocket { host: 127.0.0.1, port: -1, no_tls: true, compression: true }
`);
const server = spawn(process.env.NATS_SERVER, ['-c', configuration]);
process.on('exit', () => {
  server.kill();
  rmSync(folder, {recursive: true});
});
process.on('SIGTERM', () => process.exit());
server.on('exit', () => process.exit());
createInterface(server.stderr).on('line', (line) => {
  const port = /Listening for websocket clients on ws:\/\/[^:]*:(\d+)/.exec(line);
  if (port) announce(port[1]);
});
