#include "engines/loginspection/prefilter.h"

#include <fmt/format.h>
#include <hs/hs.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "engines/loginspection/image_archive.h"

namespace warder::loginspection {

namespace {

constexpr std::size_t kMinWord = 4;

struct DatabaseFree {
  void operator()(hs_database_t* database) const noexcept { hs_free_database(database); }
};

}  // namespace

struct Prefilter::Tables {
  std::unique_ptr<hs_database_t, DatabaseFree> database;  // null without any string
  std::vector<std::uint64_t> always;                      // what no string decides
  std::vector<std::uint32_t> first;                       // of literal i: bits[first[i]] up to first[i + 1]
  std::vector<std::uint32_t> bits;
};

namespace {

struct Scan {
  const std::uint32_t* first;
  const std::uint32_t* bits;
  std::uint64_t* words;
  std::size_t count;
};

int on_literal(unsigned int id, unsigned long long, unsigned long long, unsigned int, void* context) {
  const auto& scan = *static_cast<const Scan*>(context);
  if (id >= scan.count) return 0;
  for (std::uint32_t i = scan.first[id]; i < scan.first[id + 1]; ++i) {
    const std::uint32_t bit = scan.bits[i];
    scan.words[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  return 0;
}

}  // namespace

void Prefilter::Builder::add(std::uint32_t bit, const std::vector<std::string>& any_of) {
  // The library measures strings up to a NUL. Short ones stand in nearly every line, and cost more than they spare.
  const auto is_useless = [](const std::string& text) {
    return text.size() < kMinWord || text.find('\0') != std::string::npos;
  };
  if (std::any_of(any_of.begin(), any_of.end(), is_useless)) return;
  for (const std::string_view text : any_of) {
    // Blanks around a word tell little, and without them many strings are one.
    const std::string_view word = trim(text);
    auto& bits = bits_of_[std::string(word.size() >= kMinWord ? word : text)];
    if (bits.empty() || bits.back() != bit) bits.push_back(bit);
  }
  conditional_.push_back(bit);
}

Result<Prefilter> Prefilter::Builder::build(std::uint32_t bit_count) && {
  auto tables = std::make_unique<Tables>();
  tables->always.assign(bit_count / 64 + 1, ~std::uint64_t{0});
  for (const std::uint32_t bit : conditional_) tables->always[bit / 64] &= ~(std::uint64_t{1} << (bit % 64));
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  std::vector<unsigned> ids;
  for (const auto& [text, bits] : bits_of_) {
    ids.push_back(static_cast<unsigned>(texts.size()));
    texts.push_back(text.data());
    sizes.push_back(text.size());
    tables->first.push_back(static_cast<std::uint32_t>(tables->bits.size()));
    tables->bits.insert(tables->bits.end(), bits.begin(), bits.end());
  }
  tables->first.push_back(static_cast<std::uint32_t>(tables->bits.size()));
  if (!texts.empty()) {
    const std::vector<unsigned> flags(texts.size(), HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH);
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    if (hs_compile_lit_multi(texts.data(), flags.data(), ids.data(), sizes.data(), static_cast<unsigned>(texts.size()),
                             HS_MODE_BLOCK, nullptr, &database, &error) != HS_SUCCESS) {
      std::string message = fmt::format("multi-pattern matcher: {}", error->message);
      hs_free_compile_error(error);
      return fail(ErrorCode::Invalid, std::move(message));
    }
    tables->database.reset(database);
  }
  return Prefilter(std::move(tables));
}

Prefilter::Prefilter(std::unique_ptr<const Tables> tables) noexcept : tables_(std::move(tables)) {}
Prefilter::Prefilter(Prefilter&&) noexcept = default;
Prefilter& Prefilter::operator=(Prefilter&&) noexcept = default;
Prefilter::~Prefilter() = default;

void Prefilter::scan(std::string_view line, Scratch& scratch, CandidateBits& candidates) const {
  auto& words = candidates.words();
  words.assign(tables_->always.begin(), tables_->always.end());
  if (!tables_->database || line.empty()) return;
  Scan context{tables_->first.data(), tables_->bits.data(), words.data(), literal_count()};
  const auto scanned = hs_scan(tables_->database.get(), line.data(), static_cast<unsigned>(line.size()), 0,
                               static_cast<hs_scratch_t*>(scratch.memory_), on_literal, &context);
  // Without an answer anything can match.
  if (scanned != HS_SUCCESS) std::fill(words.begin(), words.end(), ~std::uint64_t{0});
}

std::size_t Prefilter::literal_count() const noexcept {
  return tables_->first.size() - 1;
}

std::size_t Prefilter::bit_count() const noexcept {
  return tables_->always.size() * 64;
}

bool Prefilter::write(ImageWriter& image) const {
  auto always = tables_->always;
  auto first = tables_->first;
  auto bits = tables_->bits;
  transfer_all(image, always, first, bits);
  if (!tables_->database) return image.text({}), true;
  char* bytes = nullptr;
  std::size_t size = 0;
  if (hs_serialize_database(tables_->database.get(), &bytes, &size) != HS_SUCCESS) return false;
  image.text({bytes, size});
  std::free(bytes);  // NOLINT(cppcoreguidelines-no-malloc): as the library asks
  return true;
}

Result<Prefilter> Prefilter::read(ImageReader& image) {
  auto tables = std::make_unique<Tables>();
  transfer_all(image, tables->always, tables->first, tables->bits);
  const std::string_view bytes = image.text();
  const auto& first = tables->first;
  const bool fits = image.is_good() && !first.empty() && std::is_sorted(first.begin(), first.end()) &&
                    first.back() == tables->bits.size() &&
                    std::all_of(tables->bits.begin(), tables->bits.end(),
                                [&](std::uint32_t bit) { return bit / 64 < tables->always.size(); });
  if (!fits) return fail(ErrorCode::Corrupt, "does not fit together");
  if (!bytes.empty()) {
    hs_database_t* database = nullptr;
    if (hs_deserialize_database(bytes.data(), bytes.size(), &database) != HS_SUCCESS) {
      return fail(ErrorCode::Conflict, "was made for another processor");
    }
    tables->database.reset(database);
  }
  return Prefilter(std::move(tables));
}

Prefilter::Scratch::Scratch(const Prefilter& prefilter) {
  hs_scratch_t* memory = nullptr;
  if (prefilter.tables_->database) hs_alloc_scratch(prefilter.tables_->database.get(), &memory);
  memory_ = memory;
}
Prefilter::Scratch::Scratch(Scratch&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)) {}
Prefilter::Scratch& Prefilter::Scratch::operator=(Scratch&& other) noexcept {
  std::swap(memory_, other.memory_);
  return *this;
}
Prefilter::Scratch::~Scratch() {
  hs_free_scratch(static_cast<hs_scratch_t*>(memory_));
}

}  // namespace warder::loginspection
