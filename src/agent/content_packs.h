// The agent's content packs: fetches those that the manager offers and it does not have, verifies each, and makes them
// the active ones. A pack that does not verify changes nothing. A pack that names a set of files (pack/file_set.h)
// becomes active when the set is complete; only the chunks that are in no set here are fetched, and a broken transfer
// goes on with the next offer.
#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/uplink.h"
#include "base/bytes.h"
#include "base/result.h"
#include "pack/file_set_store.h"
#include "pack/pack_store.h"

namespace warder::agent {

struct ContentOutcome {
  std::string pack;
  std::string digest;
  std::string error;  // empty: installed and active
};

/// Belongs to the uplink's thread.
class ContentPacks final : public ContentReceiver {
 public:
  /// `told` hears, on the same thread, of each pack that became active or was refused.
  static Result<std::unique_ptr<ContentPacks>> open(const std::filesystem::path& folder,
                                                    const std::vector<crypto::PublicKey>& trusted,
                                                    std::function<void(const ContentOutcome&)> told);

  std::optional<protocol::ContentGet> on_offer(const protocol::ContentOffer& offer) override;
  std::optional<protocol::ContentGet> on_chunk(const protocol::ContentChunk& chunk) override;

  /// Where modules find the files of the active pack of this name.
  [[nodiscard]] std::optional<std::filesystem::path> directory(std::string_view name) const;

 private:
  struct Wanted {
    std::string name;
    std::string digest;
    std::uint64_t bytes = 0;
  };
  struct Fetch {
    Wanted pack;
    std::optional<pack::Chunk> chunk;  // of the set that the pack names; nullopt: the pack itself
    [[nodiscard]] const std::string& digest() const { return chunk ? chunk->digest : pack.digest; }
    [[nodiscard]] std::uint64_t max_bytes() const { return chunk ? kMaxStoredChunk : pack.bytes; }
  };
  // Noise grows a little when it is compressed.
  static constexpr std::uint64_t kMaxStoredChunk = pack::kMaxChunkBytes + (64U << 10U);

  ContentPacks(pack::PackStore store, pack::FileSetStore sets, std::function<void(const ContentOutcome&)> told)
      : store_(std::move(store)), sets_(std::move(sets)), told_(std::move(told)) {}
  std::optional<protocol::ContentGet> next_request();
  Result<void> append_part(const protocol::ContentChunk& chunk);
  Result<void> complete(const Fetch& fetched);
  Result<void> install(const Wanted& wanted);
  void use_stored(const Wanted& wanted);
  void give_up(const Wanted& wanted, Result<void> why);
  void tidy_up();
  Result<void> activate(const Wanted& wanted);
  void finish(const Wanted& wanted, const Result<void>& outcome);
  void drop_unwanted();

  pack::PackStore store_;
  pack::FileSetStore sets_;
  std::function<void(const ContentOutcome&)> told_;
  std::vector<Wanted> wanted_;  // the last offer
  std::deque<Fetch> missing_;   // what is still to be fetched; the first is on its way
  Bytes received_;              // of it
};

/// Where sets of files are, below the folder of the packs.
inline constexpr std::string_view kFileSetsFolder = "sets";

}  // namespace warder::agent
