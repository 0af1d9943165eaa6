// What a syslog sender may send: one datagram, and a stream in pieces.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/bytes.h"
#include "records/syslog.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::string> messages(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> all;
  warder::records::SyslogStream stream(256);
  const auto take = [&](std::string_view message, bool is_cut) {
    require(message.size() <= 256);
    all.push_back(std::string(message) + (is_cut ? "+" : ""));
  };
  for (std::size_t i = 0; i < bytes.size(); i += piece) {
    if (!stream.feed(bytes.substr(i, piece), take)) return all;
  }
  stream.finish(take);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = warder::as_text({data, size});
  const std::string line = warder::records::syslog_line(text, "192.0.2.1");
  for (const char c : line) require(static_cast<unsigned char>(c) >= 0x20);
  if (size > 1) require(messages(text.substr(1), 1 + data[0] % 64) == messages(text.substr(1), size));
  return 0;
}
