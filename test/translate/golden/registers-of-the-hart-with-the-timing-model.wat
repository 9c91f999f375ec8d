(module
 (type $0 (func (param i32 i32 i64 i32 i32) (result i32)))
 (type $1 (func (param i32 i32 i64 i32 i32 i32 i32 i32) (result i64)))
 (type $2 (func (param i32 i32 i32) (result i32)))
 (type $3 (func (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
 (import "c" "m" (memory $mimport$0 0))
 (import "c" "f" (table $timport$0 4 funcref))
 (export "0" (func $0))
 (func $0 (param $0 i32) (param $1 i32) (param $2 i32) (result i32)
  (local $3 i32)
  (local $4 i32)
  (local $5 i32)
  (local $6 i32)
  (local $7 i32)
  (local $8 i32)
  (local $9 i32)
  (local $10 i32)
  (local $11 i32)
  (local $12 i32)
  (local $13 i32)
  (local $14 i32)
  (local $15 i32)
  (local $16 i32)
  (local $17 i32)
  (local $18 i32)
  (local $19 i32)
  (local $20 i32)
  (local $21 i32)
  (local $22 i32)
  (local $23 i32)
  (local $24 i32)
  (local $25 i32)
  (local $26 i32)
  (local $27 i32)
  (local $28 i32)
  (local $29 i32)
  (local $30 i32)
  (local $31 i32)
  (local $32 i32)
  (local $33 i32)
  (local $34 i32)
  (local $35 i32)
  (local $36 i32)
  (local $37 i32)
  (local $38 i32)
  (local $39 i32)
  (local $40 i32)
  (local $41 i32)
  (local $42 i64)
  (local.set $11
   (i32.load offset=4
    (local.get $0)
   )
  )
  (local.set $12
   (i32.load offset=8
    (local.get $0)
   )
  )
  (local.set $16
   (i32.load offset=24
    (local.get $0)
   )
  )
  (local.set $17
   (i32.load offset=28
    (local.get $0)
   )
  )
  (local.set $18
   (i32.load offset=32
    (local.get $0)
   )
  )
  (local.set $19
   (i32.load offset=36
    (local.get $0)
   )
  )
  (local.set $40
   (i32.load offset=120
    (local.get $0)
   )
  )
  (local.set $41
   (i32.load offset=124
    (local.get $0)
   )
  )
  (local.set $9
   (i32.load offset=19224
    (local.get $0)
   )
  )
  (local.set $10
   (i32.load offset=19228
    (local.get $0)
   )
  )
  (block $block3
   (loop
    (block $block
     (br_table $block
      (local.get $1)
     )
    )
    (loop $label
     (block $block2
      (block $block1
       (if
        (i32.ne
         (i32.load offset=19220
          (local.get $0)
         )
         (i32.const 113664)
        )
        (then
         (if
          (i32.eq
           (i32.load offset=23488
            (local.get $0)
           )
           (i32.const 113664)
          )
          (then
           (i32.store offset=19220
            (local.get $0)
            (i32.const 113664)
           )
          )
          (else
           (br_if $block1
            (local.tee $4
             (call_indirect (type $0)
              (i32.const -2147483628)
              (i32.sub
               (local.get $2)
               (i32.const 0)
              )
              (i64.const 0)
              (local.get $0)
              (i32.const 113744)
              (i32.const 2)
             )
            )
           )
           (local.set $2
            (i32.sub
             (local.get $2)
             (i32.load offset=584
              (local.get $0)
             )
            )
           )
          )
         )
        )
       )
       (local.set $8
        (i32.wrap_i64
         (local.tee $42
          (call_indirect (type $1)
           (i32.const -2147483628)
           (i32.sub
            (local.get $2)
            (i32.const 0)
           )
           (i64.const 0)
           (local.get $0)
           (i32.const 113744)
           (local.get $16)
           (local.get $11)
           (i32.const 0)
           (i32.const 3)
          )
         )
        )
       )
       (br_if $block1
        (local.tee $4
         (i32.wrap_i64
          (i64.shr_u
           (local.get $42)
           (i64.const 32)
          )
         )
        )
       )
       (local.set $2
        (i32.sub
         (local.get $2)
         (i32.load offset=584
          (local.get $0)
         )
        )
       )
       (local.set $9
        (i32.load offset=19224
         (local.get $0)
        )
       )
       (local.set $10
        (i32.load offset=19228
         (local.get $0)
        )
       )
       (local.set $17
        (i32.wrap_i64
         (local.tee $42
          (call_indirect (type $1)
           (i32.const -2147483624)
           (i32.sub
            (local.get $2)
            (i32.const 1)
           )
           (i64.const 0)
           (local.get $0)
           (i32.const 113760)
           (local.get $12)
           (i32.const 0)
           (local.get $17)
           (i32.const 3)
          )
         )
        )
       )
       (br_if $block1
        (local.tee $4
         (i32.wrap_i64
          (i64.shr_u
           (local.get $42)
           (i64.const 32)
          )
         )
        )
       )
       (local.set $2
        (i32.sub
         (local.get $2)
         (i32.load offset=584
          (local.get $0)
         )
        )
       )
       (local.set $9
        (i32.load offset=19224
         (local.get $0)
        )
       )
       (local.set $10
        (i32.load offset=19228
         (local.get $0)
        )
       )
       (local.set $8
        (i32.wrap_i64
         (local.tee $42
          (call_indirect (type $1)
           (i32.const -2147483620)
           (i32.sub
            (local.get $2)
            (i32.const 2)
           )
           (i64.const 0)
           (local.get $0)
           (i32.const 113776)
           (local.get $18)
           (i32.const 0)
           (i32.const 0)
           (i32.const 3)
          )
         )
        )
       )
       (br_if $block1
        (local.tee $4
         (i32.wrap_i64
          (i64.shr_u
           (local.get $42)
           (i64.const 32)
          )
         )
        )
       )
       (local.set $2
        (i32.sub
         (local.get $2)
         (i32.load offset=584
          (local.get $0)
         )
        )
       )
       (local.set $9
        (i32.load offset=19224
         (local.get $0)
        )
       )
       (local.set $10
        (i32.load offset=19228
         (local.get $0)
        )
       )
       (local.set $19
        (i32.add
         (local.get $19)
         (i32.const -1)
        )
       )
       (br $block2)
      )
      (br $block3)
     )
     (local.set $2
      (i32.sub
       (local.get $2)
       (i32.const 5)
      )
     )
     (if
      (i32.ne
       (local.get $19)
       (i32.const 0)
      )
      (then
       (local.set $2
        (i32.sub
         (local.get $2)
         (i32.const 1)
        )
       )
       (i64.store offset=19152
        (local.get $0)
        (i64.add
         (i64.load offset=19152
          (local.get $0)
         )
         (i64.const 1)
        )
       )
       (if
        (i32.le_s
         (local.get $2)
         (i32.const 0)
        )
        (then
         (local.set $3
          (i32.const -2147483632)
         )
         (local.set $4
          (i32.const 6)
         )
         (br $block3)
        )
       )
       (block $block5
        (block $block4
         (if
          (i32.ne
           (i32.load offset=19220
            (local.get $0)
           )
           (i32.const 113664)
          )
          (then
           (if
            (i32.eq
             (i32.load offset=23488
              (local.get $0)
             )
             (i32.const 113664)
            )
            (then
             (i32.store offset=19220
              (local.get $0)
              (i32.const 113664)
             )
            )
            (else
             (br_if $block4
              (local.tee $4
               (call_indirect (type $0)
                (i32.const -2147483632)
                (i32.sub
                 (local.get $2)
                 (i32.const 0)
                )
                (i64.const 0)
                (local.get $0)
                (i32.const 113728)
                (i32.const 2)
               )
              )
             )
             (local.set $2
              (i32.sub
               (local.get $2)
               (i32.load offset=584
                (local.get $0)
               )
              )
             )
            )
           )
          )
         )
         (local.set $16
          (i32.wrap_i64
           (local.tee $42
            (call_indirect (type $1)
             (i32.const -2147483632)
             (i32.sub
              (local.get $2)
              (i32.const 0)
             )
             (i64.const 0)
             (local.get $0)
             (i32.const 113728)
             (local.get $19)
             (i32.const 0)
             (local.get $16)
             (i32.const 3)
            )
           )
          )
         )
         (br_if $block4
          (local.tee $4
           (i32.wrap_i64
            (i64.shr_u
             (local.get $42)
             (i64.const 32)
            )
           )
          )
         )
         (local.set $2
          (i32.sub
           (local.get $2)
           (i32.load offset=584
            (local.get $0)
           )
          )
         )
         (local.set $9
          (i32.load offset=19224
           (local.get $0)
          )
         )
         (local.set $10
          (i32.load offset=19228
           (local.get $0)
          )
         )
         (br $block5)
        )
        (br $block3)
       )
       (local.set $2
        (i32.sub
         (local.get $2)
         (i32.const 1)
        )
       )
       (br $label)
      )
      (else
       (block $block7
        (block $block6
         (if
          (i32.ne
           (i32.load offset=19220
            (local.get $0)
           )
           (i32.const 113664)
          )
          (then
           (if
            (i32.eq
             (i32.load offset=23488
              (local.get $0)
             )
             (i32.const 113664)
            )
            (then
             (i32.store offset=19220
              (local.get $0)
              (i32.const 113664)
             )
            )
            (else
             (br_if $block6
              (local.tee $4
               (call_indirect (type $0)
                (i32.const -2147483608)
                (i32.sub
                 (local.get $2)
                 (i32.const 0)
                )
                (i64.const 0)
                (local.get $0)
                (i32.const 113824)
                (i32.const 2)
               )
              )
             )
             (local.set $2
              (i32.sub
               (local.get $2)
               (i32.load offset=584
                (local.get $0)
               )
              )
             )
            )
           )
          )
         )
         (local.set $40
          (i32.const 1048576)
         )
         (local.set $40
          (i32.const 1048576)
         )
         (local.set $41
          (i32.const 20480)
         )
         (local.set $41
          (i32.const 21845)
         )
         (if
          (i32.ne
           (i32.load
            (local.tee $6
             (i32.add
              (i32.and
               (i32.shr_u
                (local.tee $5
                 (i32.const 1048576)
                )
                (i32.const 3)
               )
               (i32.const 504)
              )
              (local.get $10)
             )
            )
           )
           (i32.and
            (local.get $5)
            (i32.const -61)
           )
          )
          (then
           (br_if $block6
            (local.tee $4
             (call_indirect (type $3)
              (i32.const -2147483592)
              (i32.sub
               (local.get $2)
               (i32.const 4)
              )
              (i64.const 0)
              (local.get $0)
              (local.get $5)
              (i32.const 21845)
              (i32.const 68)
              (i32.const 1)
             )
            )
           )
           (local.set $2
            (i32.sub
             (local.get $2)
             (i32.load offset=584
              (local.get $0)
             )
            )
           )
          )
          (else
           (i32.store
            (i32.add
             (local.get $5)
             (i32.load offset=4
              (local.get $6)
             )
            )
            (i32.const 21845)
           )
          )
         )
         (br $block7)
        )
        (br $block3)
       )
       (local.set $2
        (i32.sub
         (local.get $2)
         (i32.const 5)
        )
       )
       (i64.store offset=19144
        (local.get $0)
        (i64.add
         (i64.load offset=19144
          (local.get $0)
         )
         (i64.const 1)
        )
       )
       (loop $label1
        (block $block9
         (block $block8
          (if
           (i32.ne
            (i32.load offset=19220
             (local.get $0)
            )
            (i32.const 113664)
           )
           (then
            (if
             (i32.eq
              (i32.load offset=23488
               (local.get $0)
              )
              (i32.const 113664)
             )
             (then
              (i32.store offset=19220
               (local.get $0)
               (i32.const 113664)
              )
             )
             (else
              (br_if $block8
               (local.tee $4
                (call_indirect (type $0)
                 (i32.const -2147483588)
                 (i32.sub
                  (local.get $2)
                  (i32.const 0)
                 )
                 (i64.const 0)
                 (local.get $0)
                 (i32.const 113904)
                 (i32.const 2)
                )
               )
              )
              (local.set $2
               (i32.sub
                (local.get $2)
                (i32.load offset=584
                 (local.get $0)
                )
               )
              )
             )
            )
           )
          )
          (br $block9)
         )
         (br $block3)
        )
        (local.set $2
         (i32.sub
          (local.get $2)
          (i32.const 2)
         )
        )
        (i64.store offset=19152
         (local.get $0)
         (i64.add
          (i64.load offset=19152
           (local.get $0)
          )
          (i64.const 1)
         )
        )
        (if
         (i32.le_s
          (local.get $2)
          (i32.const 0)
         )
         (then
          (local.set $3
           (i32.const -2147483588)
          )
          (local.set $4
           (i32.const 6)
          )
          (br $block3)
         )
        )
        (br $label1)
       )
      )
     )
     (unreachable)
    )
   )
   (unreachable)
  )
  (i32.store offset=24
   (local.get $0)
   (local.get $16)
  )
  (i32.store offset=28
   (local.get $0)
   (local.get $17)
  )
  (i32.store offset=36
   (local.get $0)
   (local.get $19)
  )
  (i32.store offset=120
   (local.get $0)
   (local.get $40)
  )
  (i32.store offset=124
   (local.get $0)
   (local.get $41)
  )
  (if
   (i32.ge_u
    (local.get $4)
    (i32.const 6)
   )
   (then
    (i32.store offset=184
     (local.get $0)
     (local.get $3)
    )
    (i32.store offset=584
     (local.get $0)
     (local.get $2)
    )
   )
  )
  (local.get $4)
 )
)
