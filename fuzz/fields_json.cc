// Settings documents come from the API and from the manager's policy push.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/fields.h"
#include "base/json.h"
#include "settings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = warder::parse_json(warder::as_text({data, size}));
  if (!value) return 0;
  // The canonical form is JSON and is its own canonical form.
  const std::string canonical = warder::canonical_json(*value);
  const auto again = warder::parse_json(canonical, 1 << 24);
  if (!again || warder::canonical_json(*again) != canonical) std::abort();
  auto settings = warder::parse_json_as<warder::fuzz::Settings>(*value);
  // What was accepted is accepted again, in both forms.
  if (settings) {
    const auto rows = warder::bind_fields(*settings);
    if (!warder::parse_json_as<warder::fuzz::Settings>(warder::to_json(rows))) std::abort();
    if (!warder::parse_toml_as<warder::fuzz::Settings>(warder::to_toml(rows), "again")) std::abort();
  }
  return 0;
}
