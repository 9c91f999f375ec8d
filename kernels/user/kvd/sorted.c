// Commands about sorted sets. A score is a decimal number, as clients write it, with at most 15
// digits before the point and three behind it; it is kept in thousandths, exactly. ZADD has no
// options here, and ZRANGE none but WITHSCORES.
#include "containers.h"
#include "ranks.h"

#define DECIMALS 3
#define UNIT 1000
#define SCORE_LIMIT (1000000000000000ll * UNIT)

// [+-]DIGITS[.DIGITS]: 1, and the score; or 0.
static int read_score(struct span word, int64_t *score) {
  uint32_t signs = word.count > 0 && (word.at[0] == '-' || word.at[0] == '+'), digits = 0;
  int64_t value = 0;
  int decimals = -1; // before the point
  for (uint32_t i = signs; i < word.count; i++) {
    uint32_t digit = (uint32_t)(word.at[i] - '0');
    if (word.at[i] == '.' && decimals < 0) decimals = 0;
    else if (digit > 9 || decimals == DECIMALS || value >= SCORE_LIMIT / 10) return 0;
    else {
      value = value * 10 + digit;
      decimals += decimals >= 0;
      digits++;
    }
  }
  for (int i = decimals < 0 ? 0 : decimals; i < DECIMALS; i++) {
    if (value >= SCORE_LIMIT / 10) return 0;
    value *= 10;
  }
  *score = signs && word.at[0] == '-' ? -value : value;
  return digits > 0 && value < SCORE_LIMIT;
}

static void reply_score(int64_t score) {
  char text[32];
  int64_t size = score < 0 ? -score : score;
  int count = format(text, sizeof text, "%s%lld.%03u", score < 0 ? "-" : "",
                     (long long)(size / UNIT), (unsigned)(size % UNIT));
  while (text[count - 1] == '0') count--;
  if (text[count - 1] == '.') count--;
  reply_bulk((struct span){text, (uint32_t)count});
}

// The scores and names of ZADD, looked through before anything is changed: 0 after the error.
static int read_members(const struct request *request, struct store_need *need) {
  int64_t score;
  if (request->count % 2 != 0) return reply_error(SYNTAX_ERROR), 0;
  for (uint32_t i = 2; i < request->count; i += 2) {
    if (!read_score(request->words[i], &score))
      return reply_error("ERR value is not a valid float of at most 15 digits and 3 decimals"), 0;
    members_note(need, request->words[i + 1].count + (uint32_t)sizeof(struct rank));
  }
  return 1;
}

void run_zadd(const struct request *request) {
  struct store_need need = {0};
  uint32_t count = 0;
  if (!read_members(request, &need)) return;
  struct entry *entry = open_of_kind(request->words[1], SORTED, &need);
  if (!entry) return;
  for (uint32_t i = 2; i < request->count; i += 2) {
    int64_t score = 0;
    read_score(request->words[i], &score);
    int put = ranks_put(entry->members, request->words[i + 1], score);
    if (put < 0) {
      refuse_for_memory(entry);
      return;
    }
    count += (uint32_t)put;
  }
  reply_integer(count);
}

static void reply_members(const struct members *members, uint32_t first, uint32_t count,
                          int with_scores) {
  reply_array(with_scores ? 2 * count : count);
  for (uint32_t i = 0; i < count; i++) {
    struct member *member = ranks_at(members, first + i);
    reply_bulk(name_of(member));
    if (with_scores) reply_score(rank_of(member)->score);
  }
}

// They are told first: a reply that has no room leaves the set as it was.
void run_zpopmin(const struct request *request) {
  struct entry *entry;
  uint32_t count;
  if (!read_count(request, "zpopmin", &count)) return;
  if (!find_of_kind(request->words[1], SORTED, &entry)) return;
  if (!entry) {
    reply_array(0);
    return;
  }
  if (count > table_count(entry)) count = table_count(entry);
  reply_members(entry->members, 0, count, 1);
  if (reply_failed()) return;
  for (; count > 0; count--) ranks_remove(entry->members, ranks_at(entry->members, 0));
  close_entry(entry);
}

void run_zcard(const struct request *request) {
  reply_count(request->words[1], SORTED);
}

void run_zscore(const struct request *request) {
  struct entry *entry;
  if (!find_of_kind(request->words[1], SORTED, &entry)) return;
  struct member *member = entry ? members_find(entry->members, request->words[2]) : 0;
  if (member) reply_score(rank_of(member)->score);
  else reply_null();
}

void run_zrange(const struct request *request) {
  struct range range;
  struct entry *entry;
  int with_scores = request->count == 5 && span_is(request->words[4], "withscores");
  if (request->count > 4 && !with_scores) {
    reply_error(SYNTAX_ERROR);
    return;
  }
  if (!read_range(request, &range) || !find_of_kind(request->words[1], SORTED, &entry)) return;
  uint32_t count = entry ? clip_range(&range, table_count(entry)) : 0;
  reply_members(entry ? entry->members : 0, (uint32_t)range.first, count, with_scores);
}
