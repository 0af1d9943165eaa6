// Decoder and rule files: any text is read or refused, and what was read can be used.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "engines/loginspection/engine.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder::loginspection;
  if (size == 0 || size > 64 << 10) return 0;
  const std::string_view text = warder::as_text({data + 1, size - 1});
  Definition definition;
  definition.dialect = (data[0] & 1) != 0 ? Dialect::Ossec : Dialect::Wazuh;
  const std::size_t middle = text.find('\0');
  definition.decoders = {{"decoders", std::string(text.substr(0, middle))}};
  if (middle != std::string_view::npos) definition.rules = {{"rules", std::string(text.substr(middle + 1))}};
  Engine engine(check(definition).compiled);
  engine.inspect({"Nov 25 10:00:01 web shop[3]: login failed for bob from 192.0.2.1", "fuzz", "here", {}, 0});
  return 0;
}
