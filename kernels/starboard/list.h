// Doubly linked rings with a head of the same type; an item that is in no ring points to itself.
#ifndef STARBOARD_LIST_H
#define STARBOARD_LIST_H
#include "shared/types.h"

struct list {
  struct list *next, *previous;
};

static inline void list_init(struct list *l) { l->next = l->previous = l; }
static inline bool list_is_empty(const struct list *l) { return l->next == l; }
static inline void list_add_before(struct list *place, struct list *item) {
  item->next = place;
  item->previous = place->previous;
  place->previous->next = item;
  place->previous = item;
}
static inline void list_add_last(struct list *head, struct list *item) {
  list_add_before(head, item);
}
static inline void list_remove(struct list *item) {
  item->next->previous = item->previous;
  item->previous->next = item->next;
  list_init(item);
}

#define LIST_ITEM(link, type, field) container_of(link, type, field)
#define LIST_FIRST(head, type, field) container_of((head)->next, type, field)
#define LIST_FOR_EACH(item, head, type, field)                                                 \
  for (type *item = LIST_FIRST(head, type, field); &item->field != (head);                     \
       item = container_of(item->field.next, type, field))
// The same, where the body may remove the item.
#define LIST_FOR_EACH_SAFE(item, head, type, field)                                            \
  for (type *item = LIST_FIRST(head, type, field),                                             \
            *item##_next = container_of(item->field.next, type, field);                        \
       &item->field != (head);                                                                 \
       item = item##_next, item##_next = container_of(item->field.next, type, field))
#endif
