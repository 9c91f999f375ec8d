// Collections of members; see members.h: a hash table with chains, which grows to one member for
// each bucket and shrinks when seven of eight are idle. A member is one block, so another value is
// another block in its place.
#include "members.h"

#define BUCKETS_MIN 4u

static uint32_t buckets_bytes(uint32_t count) {
  return count * (uint32_t)sizeof(struct member *);
}

static uint32_t member_bytes(const struct member *member) {
  return (uint32_t)sizeof *member + member->name_count + member->value_count;
}

uint32_t member_sum(const struct members *members, struct member *member) {
  struct span value = value_of(member);
  if (value.count > members->summed) value.count = members->summed;
  return hash_of(name_of(member)) + 31 * hash_of(value);
}

// Another count of buckets. Without memory for them the old ones stay, and nothing is wrong.
static int resize(struct members *members, uint32_t count) {
  struct member **buckets = store_take(buckets_bytes(count)), *next;
  if (!buckets) return 0;
  memset(buckets, 0, buckets_bytes(count));
  for (uint32_t i = 0; i < members->bucket_count; i++)
    for (struct member *member = members->buckets[i]; member; member = next) {
      struct member **bucket = &buckets[member->hash & (count - 1)];
      next = member->next;
      member->next = *bucket;
      *bucket = member;
    }
  store_return(members->buckets, buckets_bytes(members->bucket_count));
  members->buckets = buckets;
  members->bucket_count = count;
  return 1;
}

struct members *members_make(uint32_t summed) {
  struct members *members = store_take(sizeof *members);
  if (!members) return 0;
  *members = (struct members){.summed = summed};
  if (resize(members, BUCKETS_MIN)) return members;
  store_return(members, sizeof *members);
  return 0;
}

static struct member **link_of(const struct members *members, struct span name, uint32_t hash) {
  struct member **link = &members->buckets[hash & (members->bucket_count - 1)];
  while (*link && ((*link)->hash != hash || !spans_equal(name_of(*link), name)))
    link = &(*link)->next;
  return link;
}

struct member *members_find(const struct members *members, struct span name) {
  return *link_of(members, name, hash_of(name));
}

static void remove_at(struct members *members, struct member **link) {
  struct member *member = *link;
  *link = member->next;
  members->count--;
  store_checksum -= member_sum(members, member);
  store_return(member, member_bytes(member));
}

int members_put(struct members *members, struct span name, struct span value) {
  struct member *member = store_take((uint32_t)sizeof *member + name.count + value.count);
  if (!member) return -1;
  *member = (struct member){
    .hash = hash_of(name), .name_count = name.count, .value_count = value.count};
  memcpy(member->bytes, value.at, value.count);
  memcpy(member->bytes + value.count, name.at, name.count);
  struct member **link = link_of(members, name, member->hash);
  int is_new = !*link;
  if (!is_new) remove_at(members, link);
  member->next = *link;
  *link = member;
  store_checksum += member_sum(members, member);
  if (++members->count > members->bucket_count) resize(members, 2 * members->bucket_count);
  return is_new;
}

void members_take_out(struct members *members, struct member *member) {
  remove_at(members, link_of(members, name_of(member), member->hash));
}

// To a quarter, or once more, and so on, as long as each bucket would still be for half a member.
void members_shrink(struct members *members) {
  uint32_t buckets = members->bucket_count;
  while (members->count < buckets / 8 && buckets > BUCKETS_MIN) buckets /= 4;
  if (buckets < BUCKETS_MIN) buckets = BUCKETS_MIN;
  if (buckets < members->bucket_count) resize(members, buckets);
}

void members_remove(struct members *members, struct member *member) {
  members_take_out(members, member);
  members_shrink(members);
}

void members_release(struct members *members) {
  for (uint32_t i = 0; i < members->bucket_count; i++)
    while (members->buckets[i]) remove_at(members, &members->buckets[i]);
  store_return(members->buckets, buckets_bytes(members->bucket_count));
  store_return(members, sizeof *members);
}

void members_note(struct store_need *need, uint32_t name_and_value) {
  store_note(need, (uint32_t)sizeof(struct member) + name_and_value);
}

// The first member in this chain or one behind it.
static struct member *first_from(const struct members *members, uint32_t bucket) {
  for (; bucket < members->bucket_count; bucket++)
    if (members->buckets[bucket]) return members->buckets[bucket];
  return 0;
}

struct member *members_next(const struct members *members, const struct member *member) {
  if (!member) return first_from(members, 0);
  if (member->next) return member->next;
  return first_from(members, (member->hash & (members->bucket_count - 1)) + 1);
}

struct member *members_any(const struct members *members, uint32_t chance) {
  struct member *member = first_from(members, chance & (members->bucket_count - 1));
  return member ? member : first_from(members, 0);
}

const char *members_survey(const struct members *members, struct survey *survey) {
  uint32_t count = 0;
  survey->held += store_cost(sizeof *members) + store_cost(buckets_bytes(members->bucket_count));
  for (struct member *member = 0; (member = members_next(members, member)); count++) {
    if (hash_of(name_of(member)) != member->hash) return "a member has another's hash";
    if (members_find(members, name_of(member)) != member) return "a member is not found";
    survey->held += store_cost(member_bytes(member));
    survey->checksum += member_sum(members, member);
  }
  return count != members->count ? "the count of members" : 0;
}
