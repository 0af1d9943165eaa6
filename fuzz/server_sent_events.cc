// What the CLI reads from a manager it follows.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "client/sse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = warder::as_text({data, size});
  const auto count = [](std::string_view first, std::string_view second) {
    warder::client::SseParser parser;
    std::size_t bytes = 0;
    const auto on_event = [&](const warder::client::SseEvent& event) {
      bytes += 1 + event.data.size();
      return true;
    };
    if (parser.feed(first, on_event).has_value()) static_cast<void>(parser.feed(second, on_event));
    return bytes;
  };
  // Where the bytes are cut changes nothing.
  if (count(text, {}) != count(text.substr(0, size / 2), text.substr(size / 2))) std::abort();
  return 0;
}
