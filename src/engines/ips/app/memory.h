// What the parsers of one engine share over all its flows, so that steady traffic asks for no fresh memory and reads
// nothing twice.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "engines/ips/app/certificate_facts.h"

namespace warder::ips::app {

/// Memory of files that are gone, for the next: fresh memory costs more than what is done with it.
class Rooms {
 public:
  Bytes take();
  void give_back(Bytes&& room);

 private:
  std::vector<Bytes> free_;
};

/// Servers show the same few certificates in connection after connection, and reading one takes long.
class KnownCertificates {
 public:
  /// parse_certificate, of one seen lately without reading it again.
  Result<CertificateFacts> read(ByteView der);

 private:
  struct One {
    Bytes der;
    CertificateFacts facts;
  };
  std::array<One, 16> known_;
  std::size_t next_ = 0;
};

/// Owned by the engine, outlives its flows. Single-threaded.
struct Memory {
  Rooms rooms;
  KnownCertificates certificates;
};

}  // namespace warder::ips::app
