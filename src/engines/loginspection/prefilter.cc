#include "engines/loginspection/prefilter.h"

#include <fmt/format.h>
#include <hs/hs.h>

#include <algorithm>
#include <utility>

namespace warder::loginspection {

namespace {

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
};

int on_literal(unsigned int id, unsigned long long, unsigned long long, unsigned int, void* context) {
  const auto& scan = *static_cast<const Scan*>(context);
  for (std::uint32_t i = scan.first[id]; i < scan.first[id + 1]; ++i) {
    const std::uint32_t bit = scan.bits[i];
    scan.words[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }
  return 0;
}

}  // namespace

void Prefilter::Builder::add(std::uint32_t bit, const std::vector<std::string>& any_of) {
  for (const auto& text : any_of) bits_of_[text].push_back(bit);
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
  Scan context{tables_->first.data(), tables_->bits.data(), words.data()};
  const auto scanned = hs_scan(tables_->database.get(), line.data(), static_cast<unsigned>(line.size()), 0,
                               static_cast<hs_scratch_t*>(scratch.memory_), on_literal, &context);
  // Without an answer anything can match.
  if (scanned != HS_SUCCESS) std::fill(words.begin(), words.end(), ~std::uint64_t{0});
}

std::size_t Prefilter::literal_count() const noexcept {
  return tables_->first.size() - 1;
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
