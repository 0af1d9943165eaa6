// Recommendation files, asked of a small host; and versions, which must be ordered whatever they hold.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "engines/inventory/recommend.h"
#include "engines/inventory/version.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;  // NOLINT(google-build-using-namespace)
  const std::string_view text = as_text({data, size});
  static const inventory::Snapshot kHost{
      {inventory::Kind::System, {{"system", "h", "12", {{"os_id", "debian"}}}}},
      {inventory::Kind::Package, {{"dpkg/a", "a", "1.0~rc1-2", {{"manager", "dpkg"}}}}}};
  if (const auto offers = inventory::parse_offers(text)) {
    const auto found = inventory::recommend(inventory::FactsIndex(kHost), *offers);
    if (found.size() > offers->size()) std::abort();
  }
  const std::string_view a = text.substr(0, size / 2);
  const std::string_view b = text.substr(size / 2);
  for (const char* manager : {"dpkg", "rpm", "go"}) {
    const int order = inventory::compare_versions(manager, a, b);
    const int back = inventory::compare_versions(manager, b, a);
    if ((order > 0) != (back < 0) || (order == 0) != (back == 0)) std::abort();
  }
  return 0;
}
