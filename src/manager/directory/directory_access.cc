#include "manager/directory/directory_access.h"

#include <semaphore>

namespace warder::manager {
namespace {

class Turn {
 public:
  Turn(std::counting_semaphore<>& turns, std::chrono::milliseconds max_wait)
      : turns_(turns), is_held_(turns.try_acquire_for(max_wait)) {}
  ~Turn() {
    if (is_held_) turns_.release();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  [[nodiscard]] bool is_held() const noexcept { return is_held_; }

 private:
  std::counting_semaphore<>& turns_;
  bool is_held_;
};

class LiveDirectories final : public DirectoryAccess {
 public:
  explicit LiveDirectories(const DirectoryAccessOptions& options)
      : options_(options), turns_(options.max_logins_at_once) {}

  Result<DirectoryPerson> authenticate(const DirectorySettings& settings, std::string_view username,
                                       std::string_view password, Timestamp now) override {
    const Turn turn(turns_, options_.max_wait);
    if (!turn.is_held()) return fail(ErrorCode::Unavailable, "too many wait for directories");
    return Directory(allowed(settings)).authenticate(username, password, now);
  }

  Result<DirectoryPerson> find_principal(const DirectorySettings& settings, std::string_view principal,
                                         Timestamp now) override {
    const Turn turn(turns_, options_.max_wait);
    if (!turn.is_held()) return fail(ErrorCode::Unavailable, "too many wait for directories");
    return Directory(allowed(settings)).find_principal(principal, now);
  }

  Result<DirectorySnapshot> snapshot(const DirectorySettings& settings, const std::set<std::string>& subjects,
                                     Timestamp now) override {
    auto reader = WD_TRY(Directory(allowed(settings)).read());
    auto people = WD_TRY(reader.list(now));
    DirectorySnapshot snapshot;
    snapshot.everybody = people.size();
    for (DirectoryPerson& person : people) {
      if (!subjects.contains(person.subject)) continue;
      auto groups = reader.groups_of(person);
      if (!groups && groups.error().code != ErrorCode::TooLarge) return fail(std::move(groups).error());
      if (!groups) {
        snapshot.unread.insert(person.subject);
        continue;
      }
      person.groups = std::move(*groups);
      snapshot.people.push_back(std::move(person));
    }
    return snapshot;
  }

 private:
  [[nodiscard]] DirectorySettings allowed(DirectorySettings settings) const {
    settings.is_plaintext_on_loopback_allowed = options_.is_plaintext_on_loopback_allowed;
    return settings;
  }

  const DirectoryAccessOptions options_;
  std::counting_semaphore<> turns_;
};

}  // namespace

std::shared_ptr<DirectoryAccess> make_directory_access(const DirectoryAccessOptions& options) {
  return std::make_shared<LiveDirectories>(options);
}

}  // namespace warder::manager
