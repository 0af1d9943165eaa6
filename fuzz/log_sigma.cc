// Sigma rules: any text is read or refused, and what was read can be used.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "engines/loginspection/engine.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder::loginspection;
  if (size > 64 << 10) return 0;
  Definition definition;
  definition.decoders = {
      {"d", "<decoder name=\"json\"><prematch>^{</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>"}};
  definition.sigma = {{"sigma", std::string(warder::as_text({data, size}))}};
  Engine engine(check(definition).compiled);
  engine.inspect({"{\"CommandLine\":\"curl x\",\"a\":\"1\",\"src_ip\":\"192.0.2.1\"}", "fuzz", "here", {}, 0});
  return 0;
}
