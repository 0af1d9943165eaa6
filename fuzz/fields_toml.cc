// Configuration files, written by people.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/json.h"
#include "settings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto settings = warder::parse_toml_as<warder::fuzz::Settings>(warder::as_text({data, size}), "fuzz.toml");
  if (!settings) {
    if (!settings.error().message.starts_with("fuzz.toml:")) std::abort();  // every error names the file
    return 0;
  }
  const std::string printed = warder::to_toml(warder::bind_fields(*settings));
  auto again = warder::parse_toml_as<warder::fuzz::Settings>(printed, "again");
  if (!again || warder::to_toml(warder::bind_fields(*again)) != printed) std::abort();
  return 0;
}
