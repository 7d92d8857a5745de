// A broker on npm's stomp-broker-js. NODE_PATH is where its packages are.
//
// Usage: node stomp_server.js [--port N]
// With --port 0 the system chooses one. It ends when its input does.
'use strict';

const {createServer} = require('node:http');
const StompServer = require('stomp-broker-js');
const {announce, port} = require('../conversation');

const http = createServer();
new StompServer({server: http, path: '/'});
http.listen(port(), '127.0.0.1', () => announce(http.address().port));
