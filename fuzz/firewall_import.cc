// Rules of other firewalls are files from anywhere.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "engines/firewall/compile.h"
#include "engines/firewall/import.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder::firewall;
  const std::string_view text = warder::as_text({data, size});
  for (const ImportFormat format :
       {ImportFormat::DeepSecurity, ImportFormat::Iptables, ImportFormat::Nft, ImportFormat::Aws}) {
    const auto imported = import_rules(text, format);
    if (imported) static_cast<void>(compile(imported->policy, {}));
  }
  return 0;
}
