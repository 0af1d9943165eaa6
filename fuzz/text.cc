// The small parsers of base: times, durations, ids, addresses, encodings, globs and escapes.
#include "base/text.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/address.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/time.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_values(std::string_view text) {
  if (const auto time = warder::parse_rfc3339(text)) {
    require(warder::parse_rfc3339(warder::to_rfc3339(*time)).value() == *time);
  }
  if (const auto uuid = warder::parse_uuid(text)) require(warder::parse_uuid(uuid->text()).value() == *uuid);
  if (const auto ip = warder::parse_ip(text)) require(warder::parse_ip(ip->text()).value() == *ip);
  if (const auto prefix = warder::parse_prefix(text)) require(warder::parse_prefix(prefix->text()).value() == *prefix);
  if (const auto host = warder::parse_host_port(text)) {
    require(warder::parse_host_port(host->text()).value() == *host);
  }
  if (const auto duration = warder::parse_duration(text)) require(duration->count() >= 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = warder::as_text({data, size});
  check_values(text);
  if (const auto bytes = warder::from_base64(text)) require(warder::to_base64(*bytes) == text);
  if (const auto bytes = warder::from_base64url(text)) require(warder::to_base64url(*bytes) == text);
  require(warder::is_utf8(warder::escape_non_utf8(text)));
  const std::size_t middle = text.find('\n');
  if (middle != std::string_view::npos && size < 4096) {
    static_cast<void>(warder::matches_glob(text.substr(0, middle), text.substr(middle + 1)));
  }
  return 0;
}
