-- What must become of text, JSON and arrays, said in SQL: the people of the unit tests, as whole words.
create function public.new_words(t text) returns text immutable strict language sql as $$
    select regexp_replace(regexp_replace(regexp_replace(regexp_replace(t,
        '(?<![[:alnum:]_])u_ann(?![[:alnum:]_])', 'w_ANN_longer_than_before', 'g'),
        '(?<![[:alnum:]_])u_bob(?![[:alnum:]_])', 'w_b', 'g'),
        '(?<![[:alnum:]_])auth0\|12(?![[:alnum:]_])', 'w_12', 'g'),
        '(?<![[:alnum:]_])u_odd(?![[:alnum:]_])', 'w "\\{,}', 'g')
$$;

create function public.new_json(j jsonb) returns jsonb immutable strict language plpgsql as $$
begin
    return case jsonb_typeof(j)
        when 'string' then to_jsonb(public.new_words(j #>> '{}'))
        when 'array' then (select coalesce(jsonb_agg(public.new_json(e) order by o), '[]')
                           from jsonb_array_elements(j) with ordinality as t(e, o))
        when 'object' then (select coalesce(jsonb_object_agg(public.new_words(k), public.new_json(v)), '{}')
                            from jsonb_each(j) as t(k, v))
        else j end;
end $$;

create function public.new_array(a text[]) returns text[] immutable strict language sql as $$
    select coalesce(array_agg(public.new_words(e) order by o), '{}') from unnest(a) with ordinality as t(e, o)
$$;

create table public.source (n int primary key, note text, doc jsonb, tags text[], owner text, amount numeric);
create table public.target (like public.source including indexes);
