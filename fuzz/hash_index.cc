// The index of hashes as a hostile file: opening it and looking things up stays within it. The rest of the input is
// read as a list, and what that gives is found again.
#include "engines/antimalware/hash_index.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "engines/antimalware/content_sample.h"
#include "engines/antimalware/elf_header.h"
#include "engines/antimalware/hash_list.h"
#include "engines/antimalware/heuristics.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder::antimalware;
  const warder::ByteView input(data, size);
  if (const auto index = HashIndex::open(input)) {
    for (const HashKind kind : kHashKinds)
      for (const std::uint8_t fill : {std::uint8_t{0}, std::uint8_t{0x5a}, std::uint8_t{0xff}})
        static_cast<void>(index->find(kind, warder::Bytes(digest_bytes(kind), fill)));
    for (const unsigned most : {0U, 30U, 250U}) static_cast<void>(index->nearest(TlshDigest{}, most));
  }
  static_cast<void>(read_elf_header(input));
  static_cast<void>(sample_content(std::array{input, input.first(size / 2)}));
  static_cast<void>(find_suspicions({"/var/www/html/a.pdf.sh", 0755, size, input}));
  HashIndexBuilder builder;
  static_cast<void>(read_stix(warder::as_text(input), "stix", builder));
  const auto report = read_hash_list(warder::as_text(input), "list", builder);
  if (report.added > builder.count()) std::abort();
  const auto bytes = builder.finish();
  if (!bytes || !HashIndex::open(*bytes)) std::abort();
  return 0;
}
