// The rule loader: any text is read or refused, and what is read can be compiled and run.
#include <cstddef>
#include <cstdint>

#include "engines/ips/rule_loader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > 16 * 1024) return 0;
  warder::ips::LoadContext context;
  warder::ips::RuleLoader loader(context);
  loader.add("input", warder::as_text({bytes, size}), nullptr);
  const auto loaded = std::move(loader).finish();
  for (const auto& rule : loaded.rules) {
    warder::ips::MatchScratch scratch;
    for (const auto& part : rule.parts) {
      warder::ips::match_items(part.items, {bytes, size}, true, scratch);
      warder::ips::apply(part.key.transforms, {bytes, size});
    }
  }
  return 0;
}
