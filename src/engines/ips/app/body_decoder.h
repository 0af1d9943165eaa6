// The codings of a request's body undone. Few servers look at Content-Encoding of a request, so a body that is not what
// its coding says is taken as it came: naming a coding must not hide it. "deflate" is what its standard says, zlib's
// form: plain text often passes for the bare form.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "engines/ips/app/inflate.h"

namespace warder::ips::app {

/// Single-threaded.
class BodyDecoder {
 public:
  using Sink = std::function<void(ByteView)>;

  /// `codings` as in Content-Encoding; those beyond `max_layers`, and unknown ones, are left in place.
  BodyDecoder(std::string_view codings, std::size_t max_layers, std::uint64_t max_bytes);
  void push(ByteView bytes, const Sink& sink) { push(0, bytes, sink); }

 private:
  struct Layer {
    Inflater inflater;
    Bytes held;             // as it came, until it is clear that it is what the coding says
    Bytes made;             // and what it would be
    bool is_plain = false;  // the rest goes on as it comes
    bool is_known = false;
  };
  void push(std::size_t place, ByteView bytes, const Sink& sink);

  std::vector<Layer> layers_;  // the outermost first
};

}  // namespace warder::ips::app
