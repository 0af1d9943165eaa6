#include "engines/loginspection/prefilter.h"

#include <fmt/format.h>
#include <hs/hs.h>

#include <algorithm>
#include <bit>
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
  std::vector<std::uint64_t> always_filled;               // a bit for each word of `always` that is not 0
  std::vector<std::uint32_t> first;                       // of literal i: bits[first[i]] up to first[i + 1]
  std::vector<std::uint32_t> bits;
};

namespace {

struct Scan {
  const std::uint32_t* first;
  const std::uint32_t* bits;
  std::uint64_t* words;
  std::uint64_t* filled;
  std::size_t count;
};

void set_bit(std::uint64_t* words, std::size_t bit) noexcept {
  words[bit / 64] |= std::uint64_t{1} << (bit % 64);
}

template <class Visit>
void each_bit(std::uint64_t word, std::size_t base, Visit visit) {
  for (; word != 0; word &= word - 1) visit(base + static_cast<std::size_t>(std::countr_zero(word)));
}

std::vector<std::uint64_t> filled_words(const std::vector<std::uint64_t>& words) {
  std::vector<std::uint64_t> filled(words.size() / 64 + 1, 0);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] != 0) set_bit(filled.data(), i);
  }
  return filled;
}

int on_literal(unsigned int id, unsigned long long, unsigned long long, unsigned int, void* context) {
  const auto& scan = *static_cast<const Scan*>(context);
  if (id >= scan.count) return 0;
  for (std::uint32_t i = scan.first[id]; i < scan.first[id + 1]; ++i) {
    set_bit(scan.words, scan.bits[i]);
    set_bit(scan.filled, scan.bits[i] / 64);
  }
  return 0;
}

}  // namespace

std::uint32_t CandidateBits::next(std::uint32_t first, std::uint32_t end, const std::uint64_t* mask) const noexcept {
  if (first >= end) return end;
  const auto candidates = [&](std::size_t index) {
    return mask == nullptr ? words_[index] : words_[index] & mask[index];
  };
  const std::size_t last = (end - 1) / 64;
  std::size_t index = first / 64;
  std::uint64_t word = candidates(index) >> (first % 64) << (first % 64);
  while (word == 0) {
    if (++index > last) return end;
    std::uint64_t filled = filled_[index / 64] >> (index % 64);
    if (filled == 0) {
      index |= 63;  // and on to the next 64 words
      continue;
    }
    index += static_cast<std::size_t>(std::countr_zero(filled));
    if (index > last) return end;
    word = candidates(index);
  }
  return std::min(end, static_cast<std::uint32_t>(index * 64 + static_cast<std::size_t>(std::countr_zero(word))));
}

void CandidateBits::add(const CandidateBits& other) noexcept {
  for (std::size_t i = 0; i < filled_.size(); ++i) {
    filled_[i] |= other.filled_[i];
    each_bit(other.filled_[i], i * 64, [&](std::size_t word) { words_[word] |= other.words_[word]; });
  }
}

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
  tables->always_filled = filled_words(tables->always);
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
  auto& words = candidates.words_;
  auto& filled = candidates.filled_;
  if (words.size() != tables_->always.size()) {
    words = tables_->always;
  } else {
    for (std::size_t i = 0; i < filled.size(); ++i) {
      each_bit(filled[i], i * 64, [&](std::size_t word) { words[word] = tables_->always[word]; });
    }
  }
  filled = tables_->always_filled;
  if (!tables_->database || line.empty()) return;
  Scan context{tables_->first.data(), tables_->bits.data(), words.data(), filled.data(), literal_count()};
  const auto scanned = hs_scan(tables_->database.get(), line.data(), static_cast<unsigned>(line.size()), 0,
                               static_cast<hs_scratch_t*>(scratch.memory_), on_literal, &context);
  if (scanned == HS_SUCCESS) return;
  // Without an answer anything can match.
  std::fill(words.begin(), words.end(), ~std::uint64_t{0});
  filled = filled_words(words);
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
  tables->always_filled = filled_words(tables->always);
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
