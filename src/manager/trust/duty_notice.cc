#include "manager/trust/duty_notice.h"

namespace warder::manager {

std::vector<std::string> asked_of(const DutyReminder& reminder) {
  const DutyTerms& terms = reminder.duty.terms;
  std::vector<std::string> people;
  if (!terms.owner.empty()) people.push_back(terms.owner);
  if (reminder.stage == kOverdueStage && !terms.deputy.empty()) people.push_back(terms.deputy);
  return people;
}

std::string describe(const DutyReminder& reminder) {
  std::string text = reminder.stage == kOverdueStage ? "evidence was due at " : "evidence is due at ";
  text += to_rfc3339(reminder.duty.standing.due.value_or(Timestamp{}));
  std::string names;
  for (const std::string& each : asked_of(reminder)) names.append(names.empty() ? "" : ", ").append(each);
  return names.empty() ? text : text.append(" (").append(names).append(")");
}

Notice duty_notice(const DutyReminder& reminder) {
  const Duty& duty = reminder.duty;
  const Commitment& commitment = *duty.commitment;
  const bool is_over = reminder.stage == kOverdueStage;
  const std::string due = to_rfc3339(duty.standing.due.value_or(Timestamp{}));
  Notice notice;
  notice.type = is_over ? "trust.evidence.overdue" : "trust.evidence.due";
  notice.about = "commitment:" + commitment.id;
  notice.severity = is_over ? Severity::High : Severity::Info;
  notice.texts["en"] = {(is_over ? "Evidence is overdue: " : "Evidence is due: ") + commitment.id,
                        commitment.en + "\n\nDue: " + due + "\nOwner: " + duty.terms.owner +
                            "\nDeputy: " + duty.terms.deputy +
                            "\n\nFile what shows that this is so; somebody else reviews it. Until then the sentence "
                            "is not shown as kept once its evidence has ended.\n"};
  notice.texts["ja"] = {(is_over ? "証拠の期限超過: " : "証拠の提出期限: ") + commitment.id,
                        commitment.ja + "\n\n期限: " + due + "\n責任者: " + duty.terms.owner +
                            "\n代理: " + duty.terms.deputy +
                            "\n\n事実を示す証拠を登録してください。別の担当者が確認します。証拠の期限が切れると、"
                            "この文は「遵守」と表示されなくなります。\n"};
  notice.path = "/assurance/duties";
  return notice;
}

}  // namespace warder::manager
