// Drives the native library on Linux through the C functions that Dart calls,
// without Dart: connects, sends, receives and closes. `cargo xtask drive` runs
// it on each processor that the package has a library for.
//
// Usage: client LIBRARY URL
//
// A part of Dart's native API (dart_native_api.h) is written down here again:
// the library posts its events as a Dart_CObject.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// How long to wait for each event, in seconds.
enum { TIMEOUT = 60 };

static void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "error: ");
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\n");
  va_end(arguments);
  exit(1);
}

// ## Dart's native API

typedef void (*finalizer)(void *isolate_data, void *peer);

enum { TYPE_INT32 = 2, TYPE_ARRAY = 6, TYPE_EXTERNAL = 8 };

typedef struct object {
  int32_t type;
  union {
    int32_t number;
    struct {
      intptr_t length;
      struct object **values;
    } array;
    struct {
      int32_t type;
      intptr_t length;
      uint8_t *data;
      void *peer;
      finalizer callback;
    } external;
    uint64_t size[5];
  } value;
} object;

// Memory of the library, which is given back as Dart's garbage collector does.
typedef struct {
  uint8_t *data;
  size_t length;
  void *peer;
  finalizer callback;
} memory;

// ## The library's functions

typedef struct {
  int64_t handle;
  int64_t size;
  uint8_t records[];
} scratch;

typedef struct {
  uint8_t *data;
  int32_t length;
} reply;

static struct {
  uint32_t (*version)(void);
  void (*store_post)(bool (*)(int64_t, object *));
  int64_t (*handle_new)(void);
  scratch *(*scratch_new)(void);
  void (*scratch_free)(void *);
  int32_t (*send_pack)(scratch *);
  uint8_t *(*buffer_new)(size_t);
  int32_t (*send_buffer)(int64_t, uint8_t, uint8_t *, size_t);
  void (*flush)(int64_t);
  void (*grant)(int64_t);
  uint8_t *(*vec_new)(int32_t);
  reply (*call)(int32_t, uint8_t *, int32_t, int32_t);
  void (*free_reply)(reply);
} library;

static void *symbol(void *file, const char *name) {
  void *found = dlsym(file, name);
  if (found == NULL) fail("the library has no %s", name);
  return found;
}

static void load(const char *path) {
  void *file = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (file == NULL) fail("%s", dlerror());
  library.version = symbol(file, "rust_web_socket_data_path_version");
  library.store_post = symbol(file, "store_dart_post_cobject");
  library.handle_new = symbol(file, "rust_web_socket_handle_new");
  library.scratch_new = symbol(file, "rust_web_socket_scratch_new");
  library.scratch_free = symbol(file, "rust_web_socket_scratch_free");
  library.send_pack = symbol(file, "rust_web_socket_send_pack");
  library.buffer_new = symbol(file, "rust_web_socket_buffer_new");
  library.send_buffer = symbol(file, "rust_web_socket_send_buffer");
  library.flush = symbol(file, "rust_web_socket_flush");
  library.grant = symbol(file, "rust_web_socket_grant");
  library.vec_new = symbol(file, "frb_rust_vec_u8_new");
  library.call = symbol(file, "frb_pde_ffi_dispatcher_sync");
  library.free_reply = symbol(file, "frb_free_wire_sync_rust2dart_sse");
}

// ## The native port, to which the library's threads post

enum { PORT = 7, SIGNAL_BATCH = -1 };

// A signal, or a batch: its records, then its detached payloads.
typedef struct event {
  int32_t signal;
  size_t count;
  memory *parts;
  struct event *next;
} event;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t posted = PTHREAD_COND_INITIALIZER;
static event *first, **end = &first;

static memory take(const object *from) {
  if (from->type != TYPE_EXTERNAL) fail("an object of type %d", from->type);
  return (memory){
      .data = from->value.external.data,
      .length = (size_t)from->value.external.length,
      .peer = from->value.external.peer,
      .callback = from->value.external.callback,
  };
}

static bool post(int64_t port, object *message) {
  if (port != PORT) return false;
  event *added = calloc(1, sizeof *added);
  added->signal = SIGNAL_BATCH;
  if (message->type == TYPE_INT32) {
    added->signal = message->value.number;
  } else if (message->type == TYPE_ARRAY) {
    added->count = (size_t)message->value.array.length;
    added->parts = calloc(added->count, sizeof(memory));
    for (size_t i = 0; i < added->count; i++) {
      added->parts[i] = take(message->value.array.values[i]);
    }
  } else {
    added->count = 1;
    added->parts = calloc(1, sizeof(memory));
    added->parts[0] = take(message);
  }
  pthread_mutex_lock(&lock);
  *end = added;
  end = &added->next;
  pthread_cond_signal(&posted);
  pthread_mutex_unlock(&lock);
  return true;
}

static event *next_event(void) {
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += TIMEOUT;
  pthread_mutex_lock(&lock);
  while (first == NULL) {
    if (pthread_cond_timedwait(&posted, &lock, &deadline) != 0) {
      fail("nothing was posted for %d s", TIMEOUT);
    }
  }
  event *taken = first;
  first = taken->next;
  if (first == NULL) end = &first;
  pthread_mutex_unlock(&lock);
  return taken;
}

static void free_event(event *done) {
  for (size_t i = 0; i < done->count; i++) {
    done->parts[i].callback(NULL, done->parts[i].peer);
  }
  free(done->parts);
  free(done);
}

// As in rust/bridge/src/ffi/port.rs.
enum { OPENED = 0, CLOSED = 2, CLOSE_WRITTEN = 4 };

static void expect_signal(int32_t signal, const char *name) {
  event *next = next_event();
  if (next->signal == CLOSE_WRITTEN && signal == CLOSED) {
    free_event(next);
    next = next_event();
  }
  if (next->signal != signal) fail("signal %d, not %s", next->signal, name);
  free_event(next);
  printf("%s\n", name);
}

// ## Generated calls: arguments in the order of dart/lib/src/rust/frb_generated.dart

enum { CALL_CLOSE = 1, CALL_CONNECT = 2, CALL_RELEASE = 10 };

static uint8_t arguments[4096];
static size_t size;

static void put(const void *bytes, size_t count) {
  if (size + count > sizeof arguments) fail("too long arguments");
  memcpy(arguments + size, bytes, count);
  size += count;
}

static void put_byte(uint8_t value) { put(&value, 1); }
static void put_i32(int32_t value) { put(&value, sizeof value); }
static void put_i64(int64_t value) { put(&value, sizeof value); }

static void put_string(const char *text) {
  put_i32((int32_t)strlen(text));
  put(text, strlen(text));
}

// Absent options, false flags and, four at a time, empty lists.
static void put_zeros(size_t count) {
  while (count-- > 0) put_byte(0);
}

static void call(int32_t function) {
  uint8_t *memory = library.vec_new((int32_t)size);
  memcpy(memory, arguments, size);
  reply answer = library.call(function, memory, (int32_t)size, (int32_t)size);
  size = 0;
  if (answer.length < 1 || answer.data[0] != 0) {
    fail("function %d failed (%d)", function,
         answer.length < 1 ? -1 : answer.data[0]);
  }
  library.free_reply(answer);
}

static void connect_to(int64_t handle, const char *url) {
  put_i64(handle);
  put_string(url);
  put_zeros(4);     // protocols
  put_zeros(4);     // headers
  put_zeros(10);    // delay to tcp_user_timeout
  put_zeros(4 + 1); // max_message_size to receive_progress_step, text_as_bytes
  put_zeros(3);     // max_redirects, compression, max_header_size
  put_zeros(4 + 2); // tls: roots, user_roots, only_these_roots
  put_zeros(4 + 4); // revocation_lists, verifier
  put_zeros(1);     // identity
  put_zeros(4 + 2); // pins, server_name, dangerously_accept_any_certificate
  put_zeros(1 + 4); // proxy: url, no_proxy
  put_zeros(2);     // from_environment, from_system
  put_zeros(2);     // address, record
  put_i64(PORT);
  call(CALL_CONNECT);
}

// ## Messages, in the formats of rust/bridge/src/ffi/pack.rs and batch.rs

enum { FLAG_TEXT = 1, HEADER = 5 };
enum { KIND_UTF16 = 1, KIND_BINARY = 2, KIND_PADDING = 3, DETACHED = 0x80 };

static void send_small(scratch *pack, int64_t handle, uint8_t flags,
                       const char *payload) {
  size_t length = strlen(payload);
  pack->handle = handle;
  uint8_t *record = pack->records + pack->size;
  record[0] = flags;
  for (int i = 0; i < 4; i++) record[1 + i] = (uint8_t)(length >> (8 * i));
  memcpy(record + HEADER, payload, length);
  pack->size += (int64_t)(HEADER + length);
}

// Converts UTF-16 without surrogates to UTF-8. Returns its length, or 0 if it
// does not fit.
static size_t to_utf8(const uint8_t *payload, size_t length, char *text,
                      size_t capacity) {
  size_t size = 0;
  for (size_t at = 0; at + 2 <= length; at += 2) {
    uint16_t unit;
    memcpy(&unit, payload + at, sizeof unit);
    if (size + 3 > capacity) return 0;
    if (unit < 0x80) {
      text[size++] = (char)unit;
    } else if (unit < 0x800) {
      text[size++] = (char)(0xc0 | unit >> 6);
      text[size++] = (char)(0x80 | (unit & 0x3f));
    } else {
      text[size++] = (char)(0xe0 | unit >> 12);
      text[size++] = (char)(0x80 | (unit >> 6 & 0x3f));
      text[size++] = (char)(0x80 | (unit & 0x3f));
    }
  }
  return size;
}

static size_t received;

// Compares the next messages with what was sent, until `count` have arrived.
static void expect_messages(int64_t handle, const char *const *texts,
                            size_t count, size_t large) {
  while (received < count) {
    event *batch = next_event();
    if (batch->signal != SIGNAL_BATCH) fail("signal %d", batch->signal);
    memory records = batch->parts[0];
    size_t detached = 1;
    for (size_t at = 0; at < records.length;) {
      const uint8_t *record = records.data + at;
      if (record[0] == KIND_PADDING) {
        at++;
        continue;
      }
      size_t length = 0;
      for (int i = 0; i < 4; i++) length |= (size_t)record[1 + i] << (8 * i);
      at += HEADER + length;
      const uint8_t *payload = record + HEADER;
      if (record[0] & DETACHED) {
        payload = batch->parts[detached].data;
        length = batch->parts[detached++].length;
      }
      bool is_binary = (record[0] & ~DETACHED) == KIND_BINARY;
      char text_of_units[64];
      if ((record[0] & ~DETACHED) == KIND_UTF16) {
        length = to_utf8(payload, length, text_of_units, sizeof text_of_units);
        payload = (const uint8_t *)text_of_units;
      }
      if (received < count - 1) {
        const char *text = texts[received];
        if (is_binary || length != strlen(text) ||
            memcmp(payload, text, length) != 0) {
          fail("message %zu differs", received);
        }
        printf("received \"%s\"\n", text);
      } else {
        if (!is_binary || length != large) fail("%zu bytes", length);
        for (size_t i = 0; i < length; i++) {
          if (payload[i] != (uint8_t)(i * 31)) fail("byte %zu differs", i);
        }
        printf("received %zu bytes\n", length);
      }
      received++;
    }
    free_event(batch);
    library.grant(handle);
  }
}

static void check(int32_t status) {
  if (status != 0) fail("a message was refused with status %d", status);
}

int main(int count, char **values) {
  if (count != 3) fail("usage: client LIBRARY URL");
  load(values[1]);
  printf("loaded, data path %u\n", library.version());
  library.store_post(post);

  int64_t handle = library.handle_new();
  connect_to(handle, values[2]);
  expect_signal(OPENED, "opened");

  static const char *const texts[] = {"Hello", "Grüße, 你好", ""};
  enum { TEXTS = sizeof texts / sizeof texts[0], LARGE = 1 << 20 };
  scratch *pack = library.scratch_new();
  for (size_t i = 0; i < TEXTS; i++) {
    send_small(pack, handle, FLAG_TEXT, texts[i]);
  }
  check(library.send_pack(pack));
  uint8_t *buffer = library.buffer_new(LARGE);
  for (size_t i = 0; i < LARGE; i++) buffer[i] = (uint8_t)(i * 31);
  check(library.send_buffer(handle, 0, buffer, LARGE));
  library.flush(handle);
  expect_messages(handle, texts, TEXTS + 1, LARGE);

  put_i64(handle);
  put_byte(1);
  put(&(uint16_t){1000}, 2);
  put_string("bye");
  call(CALL_CLOSE);
  expect_signal(CLOSED, "closed");

  put_i64(handle);
  call(CALL_RELEASE);
  library.scratch_free(pack);
  printf("client: %d messages echoed\n", TEXTS + 1);
  return 0;
}
