// A list of passwords as a hostile file, and a hostile password held against all rules.
#include "crypto/password_list.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "manager/passwords/password_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;
  const ByteView input(data, size);
  if (const auto list = crypto::PasswordList::of({data, data + size})) {
    for (const char* text : {"", "password", "letmein"}) static_cast<void>(list->contains(text));
  }
  const std::string text(as_text(input));
  manager::PasswordRules rules;
  rules.letters_and_digits = rules.both_cases = true;
  static_cast<void>(manager::broken_rules(rules, text, {"Ann Smith", text.substr(0, size / 2)}, {}));
  crypto::PasswordListBuilder builder;
  builder.add(text);
  if (!crypto::PasswordList::of(builder.finish())->contains(text)) std::abort();
  return 0;
}
