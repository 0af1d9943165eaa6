// Rules in both forms and allowances: any text is read or refused, and what was read says the same when it is written
// and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "engines/integrity/explain.h"
#include "engines/integrity/scope.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder::integrity;
  if (size == 0 || size > 64 << 10) return 0;
  const std::string_view text = warder::as_text({data + 1, size - 1});
  if ((data[0] & 1) != 0) {
    const auto allowance = Allowance::parse(text);
    if (allowance) static_cast<void>(allowance->covers({"/etc/motd", nullptr, nullptr, {}}));
    return 0;
  }
  RuleDefaults defaults;
  defaults.id = "fuzz";
  auto rules = load_rules(text, defaults);
  if (!rules) return 0;
  const auto scope = Scope::create({"/w"}, {}, std::move(*rules));
  if (!scope) return 0;
  const auto again = Scope::parse(scope->text());
  if (!again || again->text() != scope->text()) std::abort();
  for (const char* path : {"/", "/etc/ssh/sshd_config", "/a/b/c/d/e", "/srv/www/x.php"})
    if (scope->find(path).is_covered() != again->find(path).is_covered()) std::abort();
  return 0;
}
