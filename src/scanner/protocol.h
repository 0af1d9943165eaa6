// How the scanner is spoken to: one datagram of JSON each way over a SOCK_SEQPACKET socket; a request carries the open
// file.
//
//   program → caller   {"state":"ready", …Info}  or  {"state":"failed","error":"…"}, once, on the control socket
//   caller → program   {"serve":true} + a socket: a process of its own answers there from now on
//   caller → process   {"name":"…"} + a file opened for reading
//   process → caller   {"verdict":"…","engine":"…","signature":"…","reason":"…"}
//
// A process that crashes, hangs or eats memory ends its socket and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/result.h"

namespace warder::scanner {

inline constexpr int kControlSocket = 3;  // the descriptor that the program is started with
inline constexpr std::size_t kMaxDatagramBytes = 64 << 10;

struct Datagram {
  json::object object;
  UniqueFd file;  // closed: none came with it
};

/// Blocks. `fd` < 0: no file. Unavailable when the other side is gone.
Result<void> send(int socket, const json::object& object, int fd = -1);
/// Blocks. Unavailable at the end; Corrupt for anything but one JSON object.
Result<Datagram> receive(int socket);

/// What has been loaded.
struct Info {
  std::uint64_t signatures = 0;       // of ClamAV databases
  std::uint64_t rules = 0;            // of YARA
  std::string version;                // of the libraries, e.g. "ClamAV 1.4.6, YARA 4.2.3"
  std::vector<std::string> warnings;  // what was left out, each naming its file
};
json::object to_json(const Info& info);
Result<Info> info_from_json(const json::object& object);

}  // namespace warder::scanner
