// passwd, shadow, group and gshadow, the four parted by NUL, joined as a host's are.
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/text.h"
#include "host/accounts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;  // NOLINT(google-build-using-namespace)
  auto parts = split(as_text({data, size}), '\0');
  parts.resize(4);
  auto users = host::parse_passwd(parts[0]);
  auto groups = host::parse_group(parts[2]);
  host::join_accounts(users, groups, host::parse_shadow(parts[1]), host::parse_gshadow(parts[3]));
  for (const host::User& user : users)
    if (user.name.empty() || user.name.find('\n') != std::string::npos) std::abort();
  return 0;
}
