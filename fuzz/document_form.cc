// The form on which a visitor asks for a document.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "manager/trust/document_desk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder::manager;
  const auto fields = parse_form(warder::as_text({data, size}));
  if (!fields) return 0;
  const auto at = [&](const char* name) {
    const auto found = fields->find(name);
    return found == fields->end() ? std::string() : found->second;
  };
  const Asker asker{at("name"), at("mail"), at("organisation"), at("reason"), "en"};
  // What is taken has no line ends: it goes into mails and onto pages of copies.
  if (check_asker(asker) && (asker.name + asker.mail + asker.organisation).find_first_of("\r\n") != std::string::npos)
    std::abort();
  return 0;
}
