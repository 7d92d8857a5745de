/// Stand-in for package:web_socket_channel: close codes (RFC 6455 section 7.4.1).
library;

const normalClosure = 1000;
const goingAway = 1001;
const protocolError = 1002;
const unsupportedData = 1003;
const noStatusReceived = 1005;
const abnormalClosure = 1006;
const invalidFramePayloadData = 1007;
const policyViolation = 1008;
const messageTooBig = 1009;
const missingMandatoryExtension = 1010;
const internalServerError = 1011;
const tlsHandshakeFailed = 1015;
