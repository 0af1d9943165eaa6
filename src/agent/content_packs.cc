#include "agent/content_packs.h"

#include <fmt/format.h>

#include <algorithm>

namespace warder::agent {

Result<std::unique_ptr<ContentPacks>> ContentPacks::open(const std::filesystem::path& folder,
                                                         const std::vector<crypto::PublicKey>& trusted,
                                                         std::function<void(const ContentOutcome&)> told) {
  pack::TrustPolicy trust;
  for (const auto& key : trusted) trust.keys.push_back({to_hex(key), key});
  pack::PackStore store = WD_TRY(pack::PackStore::open(folder, std::move(trust)).in("content"));
  pack::FileSetStore sets = WD_TRY(pack::FileSetStore::open(folder / kFileSetsFolder).in("content"));
  std::unique_ptr<ContentPacks> packs{
      new ContentPacks(std::move(store), std::move(sets),
                       std::move(told))};  // NOLINT(cppcoreguidelines-owning-memory): private constructor
  return packs;
}

std::optional<protocol::ContentGet> ContentPacks::on_offer(const protocol::ContentOffer& offer) {
  wanted_.clear();
  missing_.clear();
  received_.clear();
  for (const auto& pack : offer.packs()) wanted_.push_back({pack.name(), pack.digest(), pack.bytes()});
  drop_unwanted();
  const auto active = store_.active();
  for (const Wanted& wanted : wanted_) {
    const auto present = active.find(wanted.name);
    if (present != active.end() && present->second == wanted.digest) continue;
    if (wanted.bytes > pack::kMaxPackBytes) {
      finish(wanted, fail(ErrorCode::TooLarge, "larger than a pack may be"));
    } else if (store_.contains(wanted.digest)) {
      use_stored(wanted);
    } else {
      missing_.push_back({wanted, std::nullopt});
    }
  }
  tidy_up();
  return next_request();
}

std::optional<protocol::ContentGet> ContentPacks::on_chunk(const protocol::ContentChunk& chunk) {
  // Of a request that a newer offer overtook.
  if (missing_.empty() || chunk.digest() != missing_.front().digest() || chunk.offset() != received_.size()) {
    return std::nullopt;
  }
  Result<void> outcome = append_part(chunk);
  if (outcome && !chunk.last()) return next_request();
  const Fetch fetched = std::move(missing_.front());
  missing_.pop_front();
  if (outcome) outcome = complete(fetched);
  received_.clear();
  if (!outcome) give_up(fetched.pack, std::move(outcome));
  tidy_up();
  return next_request();
}

std::optional<protocol::ContentGet> ContentPacks::next_request() {
  if (missing_.empty()) return std::nullopt;
  protocol::ContentGet request;
  request.set_digest(missing_.front().digest());
  request.set_offset(received_.size());
  return request;
}

Result<void> ContentPacks::append_part(const protocol::ContentChunk& chunk) {
  if (!chunk.error().empty()) return fail(ErrorCode::Unavailable, "the manager does not send it: " + chunk.error());
  const ByteView data = as_bytes(chunk.data());
  const bool is_stuck = data.empty() && !chunk.last();
  if (is_stuck || data.size() > missing_.front().max_bytes() - received_.size()) {
    return fail(ErrorCode::Corrupt, "the manager sends another pack than it offered");
  }
  append(received_, data);
  return {};
}

/// Takes what was received; the last of a pack's parts makes it the active one.
Result<void> ContentPacks::complete(const Fetch& fetched) {
  if (!fetched.chunk) return install(fetched.pack);
  WD_TRY(sets_.put(fetched.pack.digest, *fetched.chunk, WD_TRY(pack::unpack_chunk(received_, *fetched.chunk))));
  const bool has_more =
      !missing_.empty() && missing_.front().chunk && missing_.front().pack.digest == fetched.pack.digest;
  if (has_more) return {};
  WD_TRY(sets_.finish(fetched.pack.digest));
  finish(fetched.pack, activate(fetched.pack));
  return {};
}

Result<void> ContentPacks::install(const Wanted& wanted) {
  // Hashed before anything else looks at it: what was offered is what arrived.
  if (to_hex(crypto::sha256(received_)) != wanted.digest) return fail(ErrorCode::Corrupt, "it arrived damaged");
  const pack::VerifiedPack verified = WD_TRY(store_.add(received_));
  if (verified.manifest.name != wanted.name) {
    return fail(ErrorCode::Corrupt, fmt::format("it was offered as {} but is {}", wanted.name, verified.manifest.name));
  }
  use_stored(wanted);
  return {};
}

/// Makes a pack that is here the active one, or asks for what its set still lacks.
void ContentPacks::use_stored(const Wanted& wanted) {
  auto set = pack::read_file_set(store_.files_of(wanted.digest));
  const bool has_none = !set && set.error().code == ErrorCode::NotFound;
  if (has_none || sets_.contains(wanted.digest)) return finish(wanted, activate(wanted));
  if (!set) return finish(wanted, fail(std::move(set).error()));
  const auto missing = sets_.begin(wanted.digest, std::move(*set));
  if (!missing) return finish(wanted, fail(missing.error()));
  if (missing->empty()) {
    const auto done = sets_.finish(wanted.digest);
    return finish(wanted, done ? activate(wanted) : done);
  }
  for (auto chunk = missing->rbegin(); chunk != missing->rend(); ++chunk) missing_.push_front({wanted, *chunk});
}

void ContentPacks::give_up(const Wanted& wanted, Result<void> why) {
  std::erase_if(missing_, [&](const Fetch& each) { return each.pack.digest == wanted.digest; });
  finish(wanted, why);
}

Result<void> ContentPacks::activate(const Wanted& wanted) {
  return store_.activate(wanted.digest);
}

// Only between transfers: what is on its way is not active yet, but needed.
void ContentPacks::tidy_up() {
  if (!missing_.empty()) return;
  const auto packs = store_.collect_garbage();
  const auto sets = sets_.keep_only(store_.kept());
  if (!packs) told_({"content", "", packs.error().message});
  if (!sets) told_({"content", "", sets.error().message});
}

void ContentPacks::finish(const Wanted& wanted, const Result<void>& outcome) {
  told_({wanted.name, wanted.digest, outcome ? std::string{} : outcome.error().message});
}

void ContentPacks::drop_unwanted() {
  for (const auto& [name, digest] : store_.active()) {
    const bool is_wanted = std::any_of(wanted_.begin(), wanted_.end(), [&](const Wanted& w) { return w.name == name; });
    if (is_wanted) continue;
    if (const auto dropped = store_.deactivate(name); !dropped) finish({name, digest, 0}, dropped);
  }
}

std::optional<std::filesystem::path> ContentPacks::directory(std::string_view name) const {
  return store_.directory(name);
}

}  // namespace warder::agent
