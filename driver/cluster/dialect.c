#include "cluster/dialect_priv.h"

static const struct dialect_family *const families[NAT_FAMILIES] = {
    [NAT_FAMILY_PG] = &dialect_family_pg, [NAT_FAMILY_MY] = &dialect_family_my};

const struct dialect_family *dialect_family(const struct native_ops *ops)
{
    return families[ops->caps->family];
}

const struct dialect *dialect_get(const struct dialect_family *family, enum dialect_id id)
{
    return id >= DIALECT_PLAIN && id <= DIALECT_AURORA ? family->dialects[id] : NULL;
}

enum dialect_id dialect_option(const struct options *o)
{
    enum option_id option =
        option_is_set(o, OPT_MY_DATABASE_DIALECT) ? OPT_MY_DATABASE_DIALECT : OPT_DATABASE_DIALECT;
    struct text name = text_of(option_str(o, option));

    for (int family = 0; family < NAT_FAMILIES; family++)
        for (int id = DIALECT_PLAIN; id <= DIALECT_AURORA; id++)
            if (text_eq_ci(name, text_of(families[family]->dialects[id]->name)))
                return (enum dialect_id)id;
    return DIALECT_UNKNOWN;
}

int dialect_count(const struct rows *r, size_t column)
{
    int64_t value;

    if (!text_to_i64(rows_cell(r, 0, column), &value) || value < 0 || value > 10000)
        return -1;
    return (int)value;
}
